package amocrm

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/session"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
)

// another is a ticket whose client has a phone and an address that the contact lacks.
func another() helpdesk.Ticket {
	t := sampleTicket()
	t.Client.Phones = append(t.Client.Phones, "8 999 765-43-21")
	t.Client.Emails = append(t.Client.Emails, "anna@new.example.com")
	return t
}

// tokenIn is the token of the form with an action.
func tokenIn(t *testing.T, html, action string) string {
	t.Helper()
	_, rest, found := strings.Cut(html, `action="`+action+`"`)
	_, rest, ok := strings.Cut(rest, `name="token" value="`)
	if !found || !ok {
		t.Fatalf("no form for %s with a token in:\n%s", action, html)
	}
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

func TestMissing_offeredOnlyWhereSomethingIsMissing(t *testing.T) {
	w := newFixture(t)
	if body := w.get(w.session(i18n.EN, sampleTicket())).Body.String(); strings.Contains(body, "/missing") {
		t.Error("offered although the contact has everything")
	}
	w.contains(w.get(w.session(i18n.EN, another())), "/contacts/7/missing", "7 999 765-43-21", "anna@new.example.com", "Not in this contact yet:")
}

func TestAddMissing_actsOnceAndSaysSo(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, another())
	token := tokenIn(t, w.get(base).Body.String(), base+"/contacts/7/missing")
	for range 2 { // the second is a double click
		w.contains(w.post(base+"/contacts/7/missing", url.Values{"token": {token}}, true), "Added to the contact in amoCRM.", `data-view="people"`)
	}
	if d := cmp.Diff([]int64{7}, w.crm.gotMissing); d != "" {
		t.Error(d)
	}
	rec := w.post(base+"/contacts/7/missing", url.Values{"token": {session.NewID()}}, false)
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != base+"?done=added" {
		t.Errorf("without script: %d %v", rec.Code, rec.Header())
	}
}

func TestAddMissing_badRequestsChangeNothing(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, another())
	w.contains(w.post(base+"/contacts/7/missing", url.Values{}, true), "This form is too old")
	for _, id := range []string{"0", "-1", "abc"} {
		w.contains(w.post(base+"/contacts/"+id+"/missing", url.Values{"token": {session.NewID()}}, true), "Not in this amoCRM account any more")
	}
	if len(w.crm.gotMissing) != 0 {
		t.Errorf("asked for %v", w.crm.gotMissing)
	}
	failures := []error{crm.ErrGone, amoapi.ErrUpstream, nil}
	w.crm.onMissing = func(context.Context, int64) ([]people.Match, error) {
		err := failures[0]
		failures = failures[1:]
		return nil, err
	}
	form := url.Values{"token": {session.NewID()}}
	w.contains(w.post(base+"/contacts/7/missing", form, true), "Not in this amoCRM account any more")
	w.contains(w.post(base+"/contacts/7/missing", form, true), "amoCRM is not available")
	w.contains(w.post(base+"/contacts/7/missing", form, true), "Added to the contact in amoCRM.") // the same form, once it works
}

func TestAllMatches_offeredByTheLinkAndMendsIt(t *testing.T) {
	w := newFixture(t)
	w.crm.people.Linked = 7
	w.crm.matches = people.Found{Linked: 7, Contacts: []people.Person{sampleAnna(), sampleBoris()}, At: now}
	base := w.session(i18n.EN, sampleTicket())
	w.contains(w.get(base), `href="`+base+`/people?all=1"`)
	rec := w.get(base + "/people?all=1")
	w.contains(rec, "Everybody who matches.", "Boris", `action="`+base+`/link"><input type="hidden" name="contact" value="8">`,
		`action="`+base+`/search"`, `href="`+base+`/people"`, "/unlink")
	if strings.Contains(rec.Body.String(), `/people?all=1"`) {
		t.Errorf("offers what it is already:\n%s", rec.Body)
	}
	w.contains(w.post(base+"/link", url.Values{"contact": {"8"}}, true), "Linked.")
	if d := cmp.Diff([]int64{8}, w.crm.linked); d != "" {
		t.Error(d)
	}
}

func TestAllMatches_withoutALinkIsTheUsualList(t *testing.T) {
	w := newFixture(t)
	w.crm.matches = people.Found{Contacts: []people.Person{sampleAnna(), sampleBoris()}, At: now}
	rec := w.get(w.session(i18n.EN, sampleTicket()) + "/people?all=1")
	w.contains(rec, "2 contacts match.")
	if strings.Contains(rec.Body.String(), "Everybody who matches.") {
		t.Error("speaks of a link that is not there")
	}
}

func TestSearch_linksOnlyWhenTheTicketHasAClient(t *testing.T) {
	w := newFixture(t)
	w.crm.found = []people.Person{sampleBoris()}
	ask := url.Values{"q": {"Boris"}}
	w.contains(w.post(w.session(i18n.EN, sampleTicket())+"/search", ask, true), `name="contact" value="8"`)
	nameless := sampleTicket()
	nameless.Client.ID = 0
	if body := w.post(w.session(i18n.EN, nameless)+"/search", ask, true).Body.String(); strings.Contains(body, "/link") {
		t.Errorf("nobody can be linked:\n%s", body)
	}
}

func TestProblem_ofADealLeadsBackToTheClient(t *testing.T) {
	w := newFixture(t)
	w.crm.cardErr = amoapi.ErrUpstream
	base := w.session(i18n.EN, sampleTicket())
	w.contains(w.get(base+"/deals/12"), `href="`+base+`/deals/12"`, "Try again", `href="`+base+`/people"`, "Back to the client")
	w.crm.peopleErr = amoapi.ErrUpstream
	if rec := w.get(base + "/people"); strings.Contains(rec.Body.String(), "Back to the client") {
		t.Errorf("the client's own page leads back to itself:\n%s", rec.Body)
	}
}
