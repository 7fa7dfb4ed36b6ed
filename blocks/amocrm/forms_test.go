package amocrm

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/oauth"
)

func dealFormOf(token string) url.Values {
	return url.Values{
		"token": {token}, "name": {"Chairs"}, "contact_id": {"7"}, "pipeline_id": {"1"}, "status_id": {"12"}, "price": {"85 000 ₽"},
		"responsible_id": {"2"}, "note": {"soon"}, "fields.33": {"5", "6"}, "fields.34": {"false", "true"}, "fields.31": {""}, "fields.x": {"1"},
	}
}

func TestCreateDeal_whatWasTyped(t *testing.T) {
	w := newFixture(t)
	rec := w.post(w.session(i18n.EN, sampleTicket())+"/deals", dealFormOf(session.NewID()), true)
	w.contains(rec, "The deal was created.", "/deals/501")
	want := []deals.Draft{{Name: "Chairs", ContactID: 7, PipelineID: 1, StatusID: 12, ResponsibleID: 2, Price: "85 000 ₽", Lang: "en", NoteText: "soon",
		Fields: map[int64][]string{33: {"5", "6"}, 34: {"false", "true"}}}}
	if diff := cmp.Diff(want, w.crm.deals); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCreateDeal_tellsOfTheNameAndTheAmountAtOnce(t *testing.T) {
	w := newFixture(t)
	form := dealFormOf(session.NewID())
	form.Set("name", " ")
	form.Set("price", "a lot")
	w.crm.onCreate = func(context.Context) (int64, error) {
		return 0, &crm.FieldErrors{Fields: []crm.FieldError{{Path: "name", Key: crm.KeyRequired}, {Path: "price", Key: crm.KeyBadAmount}}}
	}
	rec := w.post(w.session(i18n.EN, sampleTicket())+"/deals", form, true)
	w.contains(rec, "Fill this in.", "Write one amount", `value="a lot"`)
}

// What is wrong with an amount, and what is accepted, stands at the field in every language.
func TestAmount_isRefusedAtTheFieldInTheReadersLanguage(t *testing.T) {
	for _, lang := range i18n.Langs {
		for _, key := range []string{crm.KeyBadAmount, crm.KeyAmountUnclear, crm.KeyAmountTooFine, crm.KeyAmountTooLarge,
			crm.KeyAmountCurrency, crm.KeyWholeAmount, crm.KeyNegative} {
			w := newFixture(t)
			refused := &crm.FieldErrors{Fields: []crm.FieldError{{Path: "price", Key: key, Args: map[string]any{"currency": "RUB"}}}}
			w.crm.onCreate = func(context.Context) (int64, error) { return 0, refused }
			w.crm.onChange = func(deals.Change) error { return refused }
			base := w.session(lang, sampleTicket())
			said := `<p class="error">` + html.EscapeString(w.h.Catalog.T(lang, key, "currency", "RUB"))
			w.contains(w.post(base+"/deals", dealFormOf(session.NewID()), true), said, `value="85 000 ₽"`)
			w.contains(w.post(base+"/deals/12/edit", editOfField("amount", url.Values{"price": {"2 x 500"}}), true),
				html.EscapeString(w.h.Catalog.T(lang, key, "currency", "RUB")), `value="2 x 500"`)
		}
	}
}

func TestSearch_saysNothingOfDealsItDidNotRead(t *testing.T) {
	w := newFixture(t)
	w.crm.found = []people.Person{{ID: 7, Name: "Anna"}}
	w.crm.duplicates = w.crm.found
	base := w.session(i18n.EN, sampleTicket())
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"search":     w.post(base+"/search", url.Values{"q": {"anna"}}, true),
		"duplicates": w.post(base+"/contacts", url.Values{"token": {session.NewID()}, "name": {"Anna"}, "phone": {"+79991234567"}}, true),
	} {
		w.contains(rec, "Anna", "Link")
		if body := rec.Body.String(); strings.Contains(body, "0 deals") || strings.Contains(body, "No deals yet") {
			t.Errorf("%s: it was not asked whether she has deals:\n%s", name, body)
		}
	}
}

func TestCreateDeal_doubleClickMakesOne(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	inside, release := make(chan struct{}), make(chan struct{})
	w.crm.onCreate = func(context.Context) (int64, error) {
		close(inside) // a second time it would panic
		<-release
		return 501, nil
	}
	form := dealFormOf(session.NewID())
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			w.contains(w.post(base+"/deals", form, true), "The deal was created.", "/deals/501")
		})
	}
	<-inside
	close(release)
	wg.Wait()
	if n := w.crm.count("create deal"); n != 1 {
		t.Errorf("%d deals were made", n)
	}
}

func TestCreateDeal_errorsStandAtTheirFields(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.crm.onCreate = func(context.Context) (int64, error) {
		return 0, &crm.FieldErrors{Fields: []crm.FieldError{{Path: "fields.31", Key: crm.KeyRequired}, {Path: "fields.999", Key: crm.KeyRequired}}}
	}
	form := dealFormOf(session.NewID())
	rec := w.post(base+"/deals", form, true)
	w.contains(rec, `name="fields.31" type="date" value="" required aria-invalid="true" aria-describedby="fields.31-error">`, `<p class="error" id="fields.31-error">Fill this in.</p>`,
		`value="Chairs"`, `value="85 000 ₽"`, `<option value="2" selected>Maria Kuznetsova`, `value="6" checked`, "soon",
		`<div class="banner bad" role="alert">`) // an error of a field that is not shown
	w.crm.onCreate = nil
	w.contains(w.post(base+"/deals", form, true), "The deal was created.") // the same form, corrected, works
}

func TestCreateDeal_unknownOutcomeIsSaid(t *testing.T) {
	w := newFixture(t)
	w.crm.onCreate = func(context.Context) (int64, error) { return 0, crm.ErrUnknownOutcome }
	w.contains(w.post(w.session(i18n.EN, sampleTicket())+"/deals", dealFormOf(session.NewID()), true), "Sent, but not confirmed", `value="Chairs"`)
}

func TestCreateDeal_whatFollowsMayFail(t *testing.T) {
	w := newFixture(t)
	w.crm.onCreate = func(context.Context) (int64, error) {
		return 501, &crm.AfterCreate{Step: "note", Err: context.DeadlineExceeded}
	}
	w.contains(w.post(w.session(i18n.EN, sampleTicket())+"/deals", dealFormOf(session.NewID()), true), "The deal was created.")
}

func TestCreateDeal_isConfirmedThoughThePanelCantBeRead(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.crm.peopleErr = context.DeadlineExceeded
	again := `href="` + base + `/people?done=deal%3A501"`
	w.contains(w.post(base+"/deals", dealFormOf(session.NewID()), true), "The deal was created.", "/deals/501", `data-view="problem"`, again)
	w.contains(w.get(base+"?done=deal:501"), "The deal was created.", "/deals/501", `data-view="problem"`)
	if body := w.get(base + "?done=nonsense").Body.String(); strings.Contains(body, "?done=") {
		t.Errorf("nothing was done:\n%s", body)
	}
	w.crm.peopleErr = nil
	w.contains(w.get(base+"/people?done=deal%3A501"), "The deal was created.", "Chairs")
}

func TestCreateDeal_withoutScriptRedirects(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	rec := w.post(base+"/deals", dealFormOf(session.NewID()), false)
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != base+"?done=deal:501" {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	w.contains(w.get(rec.Header().Get("Location")), "The deal was created.")
	form := dealFormOf(session.NewID())
	form.Set("again", "1")
	w.contains(w.post(base+"/deals", form, false), "This stage requires:", `value="Chairs"`)
}

func TestCreateDeal_loginLostMeanwhile(t *testing.T) {
	w := newFixture(t)
	w.crm.onCreate = func(context.Context) (int64, error) { return 0, oauth.ErrNoGrant }
	w.grants.status = oauth.Status{State: "lost", Since: now}
	w.contains(w.post(w.session(i18n.EN, sampleTicket())+"/deals", dealFormOf(session.NewID()), true), "Log in to amoCRM")
}

func TestDealStage_followsPipelineAndKeepsValues(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	rec := w.post(base+"/deals/new/stage", url.Values{"pipeline_id": {"1"}, "status_id": {"12"}, "fields.35": {"grey"}}, true)
	w.contains(rec, `<option value="12" selected>Negotiation`, "Delivery date", ">grey</textarea>", `type="checkbox"`)
	if strings.Contains(rec.Body.String(), "Incoming") {
		t.Error("Unsorted is offered")
	}
	rec = w.post(base+"/deals/new/stage", url.Values{"pipeline_id": {"2"}, "status_id": {"12"}}, true)
	w.contains(rec, `<option value="21" selected>New request`)
	if strings.Contains(rec.Body.String(), "Delivery date") {
		t.Error("fields of another stage are asked for")
	}
}

func TestContact_prefilledAndMade(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.contains(w.get(base+"/contacts/new"), `value="Anna Petrova"`, `value="8 999 123-45-67"`, `value="anna@example.com"`, `value="Chairs &amp; Co"`)
	rec := w.post(base+"/contacts", url.Values{"token": {session.NewID()}, "name": {"Anna"}, "phone": {"", "+7 999 123-45-67"}, "email": {" "}, "position": {"Buyer"}}, true)
	w.contains(rec, "The contact was added to amoCRM.")
	want := []people.Draft{{Name: "Anna", Phones: []string{"+7 999 123-45-67"}, Position: "Buyer"}}
	if diff := cmp.Diff(want, w.crm.made); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestContact_duplicatesAreShownFirst(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.crm.duplicates = []people.Person{sampleBoris()}
	form := url.Values{"token": {session.NewID()}, "name": {"Anna"}, "phone": {"+7 999 123-45-67"}}
	w.contains(w.post(base+"/contacts", form, true), "already has a contact", "Boris", `name="anyway" value="8"`, `name="contact" value="8"`)
	if len(w.crm.made) != 0 {
		t.Fatal("it was made without asking")
	}
	form.Set("anyway", "9") // what was typed since has brought up another
	w.contains(w.post(base+"/contacts", form, true), "already has a contact", "Boris")
	if len(w.crm.made) != 0 {
		t.Fatal("it was made although nobody has seen this duplicate")
	}
	form.Set("anyway", "8")
	w.contains(w.post(base+"/contacts", form, true), "The contact was added")
}

// Somebody else makes the same contact while this one waits for his turn: it is shown like one that was there before.
func TestContact_madeMeanwhileIsShownAsADuplicate(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.crm.onContact = func(d people.Draft) (int64, error) {
		w.crm.duplicates = []people.Person{sampleBoris()}
		if slices.Contains(d.Others, 8) {
			return 77, nil
		}
		return 0, fmt.Errorf("create contact: %w", crm.ErrTwin)
	}
	form := url.Values{"token": {session.NewID()}, "name": {"Anna"}, "phone": {"+7 999 123-45-67"}}
	w.contains(w.post(base+"/contacts", form, true), "already has a contact", "Boris", `name="anyway" value="8"`)
	form.Set("anyway", "8")
	w.contains(w.post(base+"/contacts", form, true), "The contact was added")
}

func TestContact_secondClickDoesNotFindWhatTheFirstHasMade(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	form := url.Values{"token": {session.NewID()}, "name": {"Boris"}, "phone": {"+7 999 123-45-67"}}
	w.contains(w.post(base+"/contacts", form, true), "The contact was added")
	w.crm.duplicates = []people.Person{sampleBoris()}
	w.contains(w.post(base+"/contacts", form, true), "The contact was added")
	if len(w.crm.made) != 1 {
		t.Errorf("%d contacts made, want 1", len(w.crm.made))
	}
}

func TestComment_appearsAtOnce(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	form := url.Values{"token": {session.NewID()}, "text": {" First line\r\nsecond <b> "}}
	rec := w.post(base+"/deals/12/comments", form, true)
	w.contains(rec, "First line\nsecond &lt;b&gt;", "You", "Asked for grey fabric")
	if diff := cmp.Diff([]string{"First line\nsecond <b>"}, w.crm.posted); diff != "" {
		t.Error(diff)
	}
	w.post(base+"/deals/12/comments", form, true)
	if n := w.crm.count("comment"); n != 1 {
		t.Errorf("posted %d times", n)
	}
}

func TestComment_emptyOrTooLong(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.contains(w.post(base+"/deals/12/comments", url.Values{"token": {session.NewID()}, "text": {"  "}}, true), "Fill this in.")
	long := strings.Repeat("я", 20001)
	rec := w.post(base+"/deals/12/comments", url.Values{"token": {session.NewID()}, "text": {long}}, true)
	w.contains(rec, "at most 20000 characters", long)
	if w.crm.count("comment") != 0 {
		t.Error("it was sent")
	}
}

func TestComment_failureKeepsTheText(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.crm.onComment = func(context.Context) (int64, error) { return 0, crm.ErrGone }
	form := url.Values{"token": {session.NewID()}, "text": {"keep me"}}
	w.contains(w.post(base+"/deals/12/comments", form, true), ">keep me</textarea>", "Not in this amoCRM account any more")
	w.contains(w.post(base+"/deals/12/comments", form, false), "<html", ">keep me</textarea>", "Office chairs")
}

func TestLink_andUnlink(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.contains(w.post(base+"/link", url.Values{"contact": {"7"}}, true), "Linked. From now on")
	if !cmp.Equal(w.crm.linked, []int64{7}) {
		t.Errorf("linked %v", w.crm.linked)
	}
	w.contains(w.post(base+"/unlink", nil, true), "Unlinked.")
	for _, id := range []string{"", "abc", "-7"} {
		w.contains(w.post(base+"/link", url.Values{"contact": {id}}, true), "Not in this amoCRM account any more")
	}
	w.crm.linkErr = crm.ErrGone
	w.contains(w.post(base+"/link", url.Values{"contact": {"666"}}, true), "Not in this amoCRM account any more")
}

func TestSearch_byHand(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.crm.found = []people.Person{sampleBoris()}
	w.contains(w.post(base+"/search", url.Values{"q": {" boris "}}, true), "Boris", "1 contact found", "Link")
	w.contains(w.post(base+"/search", url.Values{"q": {"ab"}}, true), "at least three characters")
	if n := w.crm.count("search"); n != 1 {
		t.Errorf("%d searches", n)
	}
	w.crm.found, w.crm.foundDeals = nil, sampleAnna().Deals[:1]
	rec := w.post(base+"/search", url.Values{"q": {"chairs"}}, true)
	w.contains(rec, "0 contacts found", "1 deal found", fmt.Sprintf(`href="%s/deals/%d"`, base, w.crm.foundDeals[0].ID))
	if strings.Contains(rec.Body.String(), "Add to amoCRM") {
		t.Error("a contact is offered although a deal was found")
	}
	w.crm.foundDeals = nil
	w.contains(w.post(base+"/search", url.Values{"q": {"nobody"}}, true), "0 contacts found", "Add to amoCRM")
}
