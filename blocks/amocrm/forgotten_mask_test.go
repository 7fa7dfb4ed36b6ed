package amocrm

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/money"
)

// A page whose author has thought of no mask.
func TestMask_holdsOnAPageThatForgetsIt(t *testing.T) {
	w := newFixture(t)
	page := ui.Notice{Text: "Ring 8 999 123-45-67", Missing: "8 999 123-45-67"}
	for _, tt := range []struct {
		name   string
		masked bool
		known  bool
		want   string
	}{
		{"tenant that hides phones", true, true, "Ring &#43;7 ••• •••-45-67"},
		{"tenant that is not known", false, false, "Ring &#43;7 ••• •••-45-67"},
		{"tenant that shows phones", false, true, "Ring 8 999 123-45-67"},
	} {
		w.tenants.settings.MaskPhones = tt.masked
		c := w.e.NewContext(httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder())
		r := w.h.InSession(t.Context(), c, session.Session{Lang: i18n.EN})
		if tt.known {
			if _, err := w.h.account(r); err != nil {
				t.Fatal(err)
			}
		}
		got, err := r.Render("notice", page)
		if err != nil || !strings.Contains(string(got), tt.want) {
			t.Errorf("%s: %s, %v", tt.name, got, err)
		}
	}
}

// In Estonia eight digits are a phone: addresses, ids and amounts of that length stay what they are.
func TestMask_leavesIdsAndAmountsAlone(t *testing.T) {
	const id = 51234567
	pages := func(masked bool) string {
		w := newFixture(t)
		w.tenants.settings.MaskPhones, w.tenants.settings.Region = masked, "EE"
		w.crm.card.ID, w.crm.card.Price, w.crm.card.URL = id, money.Of(id), "https://example.amocrm.ru/leads/detail/51234567"
		w.crm.feedItems = nil
		anna := &w.crm.people.Contacts[0]
		anna.ID, anna.URL, anna.Phones, anna.Emails, anna.Matched = id, "https://example.amocrm.ru/contacts/detail/51234567", nil, nil, nil
		anna.Name = ""
		anna.Deals[0].ID, anna.Deals[0].Price = id, money.Of(id)
		ticket := sampleTicket()
		ticket.ID, ticket.Client.Phones, ticket.Client.Emails = id, nil, nil
		base := w.session(i18n.RU, ticket)
		var out strings.Builder
		for _, path := range []string{
			"", "/people?fresh=1", "/deals/51234567", "/deals/51234567/edit", "/deals/51234567/edit?field=amount", "/deals/new?contact=51234567",
			"/search", "/contacts/new", "/layout/card?deal=51234567", "/rule", "/rule/check",
		} {
			out.WriteString(tame(w.get(base+path).Body.String()) + "\n")
		}
		return out.String()
	}
	plain := pages(false)
	if strings.Count(plain, "51234567") < 20 || !strings.Contains(plain, "51\u00a0234\u00a0567") {
		t.Fatalf("too few ids to tell:\n%s", plain)
	}
	if diff := cmp.Diff(strings.Split(plain, "\n"), strings.Split(pages(true), "\n")); diff != "" {
		t.Error(diff)
	}
}
