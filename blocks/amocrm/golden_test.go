package amocrm

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/session"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/oauth"
)

var update = flag.Bool("update", false, "write the golden files anew")

// scenes are the states an agent can meet, each asked for the way a browser asks.
var scenes = []struct {
	name  string
	setup func(w *fixture, ticket *helpdesk.Ticket)
	ask   func(w *fixture, base string) *httptest.ResponseRecorder
}{
	{"one", nil, panelOf},
	{"one-linked", func(w *fixture, _ *helpdesk.Ticket) {
		w.crm.people.Linked = 7
		w.crm.people.Contacts[0].Matched = []people.Match{{Kind: people.MatchLink}}
	}, panelOf},
	{"one-without-deals", func(w *fixture, _ *helpdesk.Ticket) { w.crm.people.Contacts = []people.Person{sampleBoris()} }, panelOf},
	{"several", func(w *fixture, _ *helpdesk.Ticket) {
		w.crm.people.Contacts = append(w.crm.people.Contacts, sampleBoris())
	}, panelOf},
	{"sixty-deals", func(w *fixture, _ *helpdesk.Ticket) { w.crm.people.Contacts = []people.Person{sixty()} }, panelOf},
	{"nobody", func(w *fixture, _ *helpdesk.Ticket) { w.crm.people.Contacts = nil }, panelOf},
	{"keyless", func(w *fixture, t *helpdesk.Ticket) {
		w.crm.people = people.Found{Keyless: true, At: now}
		t.Client = helpdesk.Client{ID: 55, Name: "Anna"}
	}, panelOf},
	{"stale", func(w *fixture, _ *helpdesk.Ticket) {
		w.crm.people.Stale, w.crm.people.Err, w.crm.people.At = true, amoapi.ErrUpstream, ago(12*time.Minute)
	}, panelOf},
	{"not-connected", func(w *fixture, _ *helpdesk.Ticket) { w.grants.status = oauth.Status{State: "none"} }, panelOf},
	{"login-lost", func(w *fixture, _ *helpdesk.Ticket) {
		w.grants.status = oauth.Status{State: "lost", Since: ago(26 * time.Hour)}
		w.crm.peopleErr = oauth.ErrGrantLost{Since: ago(26 * time.Hour)}
		w.h.signin.Waiting = func(context.Context, string) (int, error) { return 3, nil }
	}, panelOf},
	{"crm-down", func(w *fixture, _ *helpdesk.Ticket) { w.crm.peopleErr = amoapi.ErrUpstream }, panelOf},
	{"loading", func(w *fixture, _ *helpdesk.Ticket) {
		w.h.FirstPaint = time.Millisecond
		w.crm.onPeople = func(ctx context.Context) (people.Found, error) {
			<-ctx.Done()
			return people.Found{}, ctx.Err()
		}
	}, panelOf},
	{"deal", nil, path("/deals/12")},
	{"deal-feed-failed", func(w *fixture, _ *helpdesk.Ticket) { w.crm.feedItems, w.crm.feedErr = nil, amoapi.ErrLimited }, path("/deals/12")},
	{"deal-gone", nil, path("/deals/99")},
	{"deal-form", func(w *fixture, _ *helpdesk.Ticket) {
		w.crm.people.Contacts = append(w.crm.people.Contacts, sampleBoris())
	}, path("/deals/new?contact=8")},
	{"deal-form-refused", func(w *fixture, _ *helpdesk.Ticket) {
		w.crm.onCreate = func(context.Context) (int64, error) {
			return 0, &crm.FieldErrors{Fields: []crm.FieldError{
				{Path: "fields.31", Key: crm.KeyRequired}, {Path: "fields.32", Key: crm.KeyRequired},
				{Path: "price", Key: crm.KeyFromTheCRM, Text: "value is too large"},
				{Path: "", Key: crm.KeyFromTheCRM, Text: "limit of deals reached"},
			}}
		}
	}, func(w *fixture, base string) *httptest.ResponseRecorder {
		return w.post(base+"/deals", url.Values{
			"token": {session.NewID()}, "name": {"Chairs <b>again</b>"}, "pipeline_id": {"1"}, "status_id": {"12"}, "price": {"85 000"},
			"contact_id": {"7"}, "fields.33": {"5"}, "fields.34": {"false", "true"}, "fields.35": {"grey\nfabric"}, "note": {"soon"},
		}, false)
	}},
	{"contact-form", func(w *fixture, _ *helpdesk.Ticket) { w.crm.people.Contacts = nil }, path("/contacts/new")},
	{"contact-duplicates", func(w *fixture, _ *helpdesk.Ticket) { w.crm.duplicates = []people.Person{sampleBoris()} },
		func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/contacts", url.Values{"token": {session.NewID()}, "name": {"Anna"}, "phone": {"+7 999 123-45-67", ""}}, false)
		}},
	{"contact-refused", func(w *fixture, _ *helpdesk.Ticket) {
		w.crm.onContact = func(people.Draft) (int64, error) {
			return 0, &crm.FieldErrors{Fields: []crm.FieldError{
				{Path: "name", Key: crm.KeyRequired}, {Path: "phones.0", Key: crm.KeyBadPhone}, {Path: "emails.0", Key: crm.KeyBadEmail},
			}}
		}
	}, func(w *fixture, base string) *httptest.ResponseRecorder {
		return w.post(base+"/contacts", url.Values{"token": {session.NewID()}, "name": {""}, "phone": {"abc"}, "email": {"not one"}}, false)
	}},
	{"search", func(w *fixture, _ *helpdesk.Ticket) {
		w.crm.found, w.crm.foundDeals = []people.Person{sampleAnna()}, sampleAnna().Deals[:2]
	},
		func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/search", url.Values{"q": {"anna"}}, false)
		}},
	{"expired", nil, func(w *fixture, _ string) *httptest.ResponseRecorder {
		return w.get("/blocks/amocrm/" + strings.Repeat("a", 22))
	}},
	{"login-button", func(w *fixture, _ *helpdesk.Ticket) {
		w.flow.start = login.Start{State: "s", Binding: "b", Button: &login.Button{
			ScriptURL: "https://www.amocrm.ru/auth/button.min.js", Name: "Sidecard", Description: "Clients and deals in the ticket",
			RedirectURI: "https://sidecard.example.com/oauth/callback", SecretsURI: "https://sidecard.example.com/oauth/secrets",
			Scopes: "crm", State: "s", Class: "amocrm_oauth",
		}}
	}, path("/login")},
	{"login-done", func(w *fixture, _ *helpdesk.Ticket) {
		w.flow.result = login.Result{Lang: string(lang(w)), SessionID: strings.Repeat("b", 22), AccountName: "Example"}
	}, callback},
	{"login-conflict", func(w *fixture, _ *helpdesk.Ticket) {
		w.flow.result = login.Result{Lang: string(lang(w)), AccountName: "Example", Conflict: &login.Conflict{Ticket: "tk", Others: 1}}
	}, callback},
	{"login-failed", func(w *fixture, _ *helpdesk.Ticket) {
		w.flow.result = login.Result{Lang: string(lang(w)), SessionID: strings.Repeat("b", 22)}
		w.flow.err = errors.New("anything")
	}, callback},
	{"static", nil, staticOf},
	{"static-several", func(w *fixture, _ *helpdesk.Ticket) {
		w.crm.people.Contacts = append(w.crm.people.Contacts, sampleBoris())
	}, staticOf},
	{"static-nobody", func(w *fixture, _ *helpdesk.Ticket) { w.crm.people.Contacts = nil }, staticOf},
	{"static-not-connected", func(w *fixture, _ *helpdesk.Ticket) { w.grants.status = oauth.Status{State: "none"} }, staticOf},
}

// lang is the language of the golden run, kept in the fixture's default browser language.
func lang(w *fixture) i18n.Lang { return goldenLang[w.t.Name()[strings.LastIndex(w.t.Name(), "/")+1:]] }

var goldenLang = map[string]i18n.Lang{
	"en": i18n.EN, "ru": i18n.RU, "es": i18n.ES, "pt": i18n.PT, "uk": i18n.UK, "uz": i18n.UZ,
}

func panelOf(w *fixture, base string) *httptest.ResponseRecorder { return w.get(base) }

func path(p string) func(*fixture, string) *httptest.ResponseRecorder {
	return func(w *fixture, base string) *httptest.ResponseRecorder { return w.get(base + p) }
}

func callback(w *fixture, _ string) *httptest.ResponseRecorder {
	return w.get("/oauth/callback?code=c&state=s&referer=example.amocrm.ru")
}

func staticOf(w *fixture, _ string) *httptest.ResponseRecorder {
	rec := w.openBlock(`{"ticket_id":101,"subject":"Second delivery of chairs","client_id":55,"client_data":{"name":"Anna Petrova",
		"phones":[{"type":"mobile","phone":"8 999 123-45-67"}],"emails":["anna@example.com"]},"view":"html",
		"amo_base_host":"example.amocrm.ru","usedesk_api_token":"token","language":"` + string(lang(w)) + `"}`)
	var envelope session.Envelope
	if err := json.Unmarshal(rec.Body.Bytes(), &envelope); err != nil {
		w.t.Fatal(err)
	}
	rec.Body.Reset()
	rec.Body.WriteString(envelope.HTML + "\n")
	return rec
}

func TestPages_golden(t *testing.T) {
	for _, scene := range scenes {
		for _, name := range pageLangs(scene.name) {
			t.Run(scene.name+"/"+name, func(t *testing.T) {
				w := newFixture(t)
				ticket := sampleTicket()
				if scene.setup != nil {
					scene.setup(w, &ticket)
				}
				base := w.session(goldenLang[name], ticket)
				rec := scene.ask(w, base)
				got := tame(rec.Body.String())
				file := filepath.Join("story", "pages", scene.name+"."+name+".html")
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatalf("%v (go test ./blocks/amocrm -update writes it)", err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", file, diff)
				}
			})
		}
	}
}
