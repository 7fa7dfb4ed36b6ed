package amocrm

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

func (w *fixture) openBlock(body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return w.do(r)
}

// html is the block's HTML of an answer that must be 200.
func (w *fixture) html(rec *httptest.ResponseRecorder) string {
	w.t.Helper()
	var e session.Envelope
	if err := json.Unmarshal(rec.Body.Bytes(), &e); err != nil || rec.Code != http.StatusOK || e.HTML == "" {
		w.t.Fatalf("status %d, error %v: %s", rec.Code, err, rec.Body)
	}
	return e.HTML
}

func TestOpen_frameLeadsToThePanel(t *testing.T) {
	w := newFixture(t)
	html := w.html(w.openBlock(`{"ticket_id":"101","client_id":55,"client_data":{"emails":["anna@example.com"]},
		"amo_base_host":"https://Example.amocrm.ru/","usedesk_api_token":"tok","lang":"ru"}`))
	if w.tenants.last != (tenant.Credential{AmoBase: "https://example.amocrm.ru", DeskToken: "tok"}) {
		t.Errorf("credential %+v", w.tenants.last)
	}
	_, rest, found := strings.Cut(html, `src="https://sidecard.example.com/blocks/amocrm/`)
	if !found {
		t.Fatal(html)
	}
	s, err := w.sessions.Get(t.Context(), rest[:22])
	if err != nil {
		t.Fatal(err)
	}
	if s.TenantID != "t1" || s.Lang != i18n.RU || s.Ticket.ID != 101 || s.Ticket.Client.Emails[0] != "anna@example.com" {
		t.Errorf("session %+v", s)
	}
	if strings.Contains(html, "anna@") || strings.Contains(html, "tok") {
		t.Errorf("the envelope tells too much: %s", html)
	}
	w.h.Close()
	if w.crm.count("people") != 1 {
		t.Errorf("people were not read ahead: %v", w.crm.calls)
	}
}

func TestOpen_refreshButtonGoesPastTheCache(t *testing.T) {
	w := newFixture(t)
	w.html(w.openBlock(`{"amo_base_host":"example.amocrm.ru","secret":"s","is_auto_load":"0"}`))
	w.h.Close()
	if w.crm.count("forget") != 1 || w.crm.count("people") != 1 {
		t.Errorf("calls %v", w.crm.calls)
	}
}

func TestOpen_notConnectedReadsNothing(t *testing.T) {
	w := newFixture(t)
	w.grants.status = oauth.Status{State: "none"}
	w.html(w.openBlock(`{"amo_base_host":"example.amocrm.ru","secret":"s"}`))
	w.h.Close()
	if len(w.crm.calls) != 0 {
		t.Errorf("calls %v", w.crm.calls)
	}
}

func TestOpen_refusalsInTheAgentsLanguage(t *testing.T) {
	tests := []struct {
		name, body, want string
	}{
		{"no host", `{"lang":"ru"}`, "В блоке не указан аккаунт amoCRM"},
		{"no host, English", `{}`, "POST parameter amo_base_host"},
		{"foreign host", `{"lang":"es","amo_base_host":"https://evil.example.com/?x=.amocrm.ru"}`, "El bloque envía «https://evil.example.com/?x=.amocrm.ru»"},
		{"address of a service", `{"amo_base_host":"http://169.254.169.254"}`, "is not an amoCRM address"},
		{"script as a host", `{"amo_base_host":"<script>alert(1)</script>"}`, "&lt;script&gt;"},
		{"no credential", `{"lang":"pt","amo_base_host":"example.amocrm.ru"}`, "O bloco não tem chave"},
		{"helpdesk address", `{"amo_base_host":"example.amocrm.ru","usedesk_api_token":"t","usedesk_api_base":"https://evil.example.com"}`, "usedesk_api_base is not allowed"},
		{"broken JSON", `{"amo`, "could not be read"},
		{"wrong type", `{"lang":"ru","client_data":7}`, "«client_data»: ожидается объект"},
		{"too big", `{"a":"` + strings.Repeat("x", session.MaxBody) + `"}`, "more than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newFixture(t)
			html := w.html(w.openBlock(tt.body))
			if !strings.Contains(html, tt.want) || !strings.Contains(html, "alert") {
				t.Errorf("%q is not in %s", tt.want, html)
			}
			if strings.Contains(html, "<script") {
				t.Errorf("script in %s", html)
			}
		})
	}
}

func TestOpen_unknownLanguageNamesTheAcceptedOnes(t *testing.T) {
	w := newFixture(t)
	html := w.html(w.openBlock(`{"amo_base_host":"example.amocrm.ru","secret":"s","idioma":"de"}`))
	if !strings.Contains(html, "Accepted: en, es, pt, ru, uk, uz.") {
		t.Error(html)
	}
}

func TestOpen_storeFailureIsAnAnswer(t *testing.T) {
	w := newFixture(t)
	w.tenants.err = errors.New("redis: connection refused at 10.0.0.5")
	html := w.html(w.openBlock(`{"amo_base_host":"example.amocrm.ru","secret":"s"}`))
	if strings.Contains(html, "10.0.0.5") || !strings.Contains(html, "could not be opened") {
		t.Error(html)
	}
}

func TestOpen_staticAnswersInTimeWhenAmoHangs(t *testing.T) {
	w := newFixture(t)
	w.h.Budget = 400 * time.Millisecond
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	w.crm.onPeople = func(context.Context) (people.Found, error) {
		<-hang // deaf to its context
		return people.Found{}, nil
	}
	start := time.Now()
	html := w.html(w.openBlock(`{"amo_base_host":"example.amocrm.ru","secret":"s","view":"html"}`))
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	if !strings.Contains(html, "amoCRM is slow just now") || !strings.Contains(html, `target="_blank"`) {
		t.Error(html)
	}
}

func TestOpen_staticHasNoScript(t *testing.T) {
	w := newFixture(t)
	html := w.html(w.openBlock(`{"amo_base_host":"example.amocrm.ru","secret":"s","view":"html","client_id":55}`))
	for _, bad := range []string{"<script", "hx-", "<iframe", "onclick"} {
		if strings.Contains(html, bad) {
			t.Errorf("%s in %s", bad, html)
		}
	}
	if forms := strings.Count(html, "<form"); forms == 0 || forms != strings.Count(html, `<form method="post"`) || forms > strings.Count(html, `/link" target="_blank"`) {
		t.Errorf("%d forms, not all of which leave the ticket open: %s", forms, html)
	}
	for _, want := range []string{"?open=deal:12", "/deals/new?contact=7", "https://example.amocrm.ru/contacts/detail/7"} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is not in %s", want, html)
		}
	}
}
