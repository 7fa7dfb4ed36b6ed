package amocrm

import (
	"encoding/csv"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
)

func decision(do string, more ...string) url.Values {
	form := url.Values{"token": {session.NewID()}, "do": {do}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func TestInbox_decisionsAreCarriedOutAndConfirmed(t *testing.T) {
	for name, c := range map[string]struct {
		firing func(*fixture) jobs.Job
		form   url.Values
		state  ledger.State
		done   string
		check  func(jobs.Job) bool
	}{
		"retry": {(*fixture).refusedFiring, decision("retry"), ledger.StateAccepted, "Started again.", nil},
		"edit": {(*fixture).refusedFiring, decision("edit", "request", `{"ticketId": 102, "fields": {"name": "Sofa"}}`), ledger.StateAccepted,
			"Changed and started again.", func(e jobs.Job) bool { return e.Request.TicketID == 102 && e.Request.Fields.Name == "Sofa" }},
		"drop": {(*fixture).twinFiring, decision("drop", "reason", " a test "), ledger.StateDropped, "Dropped:",
			func(e jobs.Job) bool { return e.Why == "a test" }},
		"adopt": {(*fixture).twinFiring, decision("adopt", "lead", "32"), ledger.StateAccepted, "This deal is taken",
			func(e jobs.Job) bool { return e.Steps.LeadID == 32 && e.Steps.ContactID == 7 }},
		"new": {(*fixture).twinFiring, decision("new"), ledger.StateAccepted, "A new deal is on its way.",
			func(e jobs.Job) bool { return e.Steps.LeadIntent == nil && e.Steps.Candidates == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			base := w.session(i18n.EN, sampleTicket())
			e := c.firing(w)
			page := base + "/inbox/" + e.ID
			rec := w.post(page, c.form, false)
			if rec.Code != http.StatusSeeOther {
				t.Fatalf("%d\n%s", rec.Code, rec.Body)
			}
			w.contains(w.get(rec.Header().Get("Location")), c.done)
			got := w.firing(e.ID)
			if got.State != c.state || c.check != nil && !c.check(got) {
				t.Errorf("%+v", got)
			}
			again := w.post(page, c.form, false) // the same form: its first result
			if again.Header().Get("Location") != rec.Header().Get("Location") || len(w.firing(e.ID).Timeline) != len(got.Timeline) {
				t.Errorf("sent twice: %d to %q", again.Code, again.Header().Get("Location"))
			}
		})
	}
}

// "Save and retry" of a request that nobody has changed says that it was retried, on the page and in the timeline, where
// phones are hidden, too.
func TestInbox_savingWhatIsUnchangedIsARetry(t *testing.T) {
	for _, masked := range []bool{false, true} {
		w := newFixture(t)
		w.tenants.settings.MaskPhones = masked
		e := w.refusedFiring()
		page := w.session(i18n.EN, sampleTicket()) + "/inbox/" + e.ID
		_, rest, _ := strings.Cut(w.get(page).Body.String(), `name="request"`)
		_, rest, _ = strings.Cut(rest, ">")
		shown, _, _ := strings.Cut(rest, "</textarea>")
		rec := w.post(page, decision("edit", "request", html.UnescapeString(shown)), false)
		if rec.Code != http.StatusSeeOther {
			t.Fatalf("%d\n%s", rec.Code, rec.Body)
		}
		w.contains(w.get(rec.Header().Get("Location")), "Started again.", "Retried by a person")
		if got := w.firing(e.ID); got.Request.Comment != e.Request.Comment {
			t.Errorf("it was changed: %+v", got.Request)
		}
	}
}

func TestInbox_twoPeopleAtOnceDoItOnce(t *testing.T) {
	w := newFixture(t)
	e := w.refusedFiring()
	page := w.session(i18n.EN, sampleTicket()) + "/inbox/" + e.ID
	codes := make([]int, 8)
	var wg sync.WaitGroup
	for i := range codes {
		wg.Go(func() { codes[i] = w.post(page, decision("retry"), false).Code })
	}
	wg.Wait()
	moved := 0
	for _, code := range codes {
		if code == http.StatusSeeOther {
			moved++
		}
	}
	if got := w.firing(e.ID); moved != 1 || len(got.Timeline) != len(e.Timeline)+1 {
		t.Errorf("%d moved it, %v", moved, got.Timeline)
	}
	w.contains(w.post(page, decision("retry"), true), "It has changed meanwhile", "Waiting")
}

func TestInbox_whatIsRefusedChangesNothingAndKeepsWhatWasTyped(t *testing.T) {
	for name, c := range map[string]struct {
		firing func(*fixture) jobs.Job
		form   url.Values
		want   []string
	}{
		"no JSON":          {(*fixture).refusedFiring, decision("edit", "request", "{\n  oops"), []string{"Not valid JSON: line 2", "oops</textarea>"}},
		"empty":            {(*fixture).refusedFiring, decision("edit"), []string{"Not valid JSON"}},
		"wrong field":      {(*fixture).refusedFiring, decision("edit", "request", `{"ticketId":0,"fields":{}}`), []string{"Mend these places", "<code>ticketId</code>"}},
		"edit of a twin":   {(*fixture).twinFiring, decision("edit", "request", `{"ticketId":1,"fields":{}}`), []string{"a second deal could come of it"}},
		"no reason":        {(*fixture).refusedFiring, decision("drop", "reason", " "), []string{"at most 500 characters", `aria-describedby="reason-error"`}},
		"long reason":      {(*fixture).refusedFiring, decision("drop", "reason", strings.Repeat("x", 501)), []string{"at most 500 characters", "xxx"}},
		"not a candidate":  {(*fixture).twinFiring, decision("adopt", "lead", "33"), []string{"not among those found"}},
		"no candidates":    {(*fixture).refusedFiring, decision("new"), []string{"not among those found"}},
		"unknown decision": {(*fixture).refusedFiring, decision("explode"), []string{"It has changed meanwhile"}},
		"no token":         {(*fixture).refusedFiring, url.Values{"do": {"retry"}}, []string{"form"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			e := c.firing(w)
			page := w.session(i18n.EN, sampleTicket()) + "/inbox/" + e.ID
			w.contains(w.post(page, c.form, false), c.want...)
			if got := w.firing(e.ID); got.State != ledger.StateFailed || len(got.Timeline) != len(e.Timeline) {
				t.Errorf("it was changed: %+v", got)
			}
			if name != "no token" { // a refused form can be mended and sent again
				w.contains(w.post(page, c.form, false), c.want...)
			}
		})
	}
}

func TestInbox_anotherTenantsFiringIsNotThere(t *testing.T) {
	w := newFixture(t)
	e := w.firedFor("t2", time.Hour, chairs(7), jobs.Steps{}, jobs.Outcome{State: ledger.StateFailed, Why: "t2's reason"})
	base := w.session(i18n.EN, sampleTicket())
	for name, body := range map[string]string{
		"entry": w.get(base + "/inbox/" + e.ID).Body.String(), "list": w.get(base + "/inbox").Body.String(),
		"file": w.post(base+"/inbox.csv", nil, false).Body.String(), "made up": w.get(base + "/inbox/" + strings.Repeat("0", 26)).Body.String(),
		"odd": w.get(base + "/inbox/%7Bt2%7D:fire").Body.String(),
	} {
		body = tame(body) // random ids may hold anything
		if strings.Contains(body, "reason") && strings.Contains(body, "t2") || strings.Contains(body, "Chairs") {
			t.Errorf("%s shows it:\n%s", name, body)
		}
	}
	for _, do := range []string{"retry", "edit", "drop", "adopt", "new"} {
		form := decision(do, "reason", "x", "lead", "1", "request", `{"ticketId":1,"fields":{}}`)
		w.contains(w.post(base+"/inbox/"+e.ID, form, false), "no longer there")
	}
	w.post(base+"/inbox", decision("retry-all"), false)
	if got := w.firing(e.ID); got.State != ledger.StateFailed || len(got.Timeline) != len(e.Timeline) {
		t.Errorf("it was changed: %+v", got)
	}
}

func TestInbox_hiddenPhonesSurviveAnEdit(t *testing.T) {
	w := newFixture(t)
	w.tenants.settings.MaskPhones = true
	e := w.refusedFiring()
	page := w.session(i18n.EN, sampleTicket()) + "/inbox/" + e.ID
	body := w.get(page).Body.String()
	if strings.Contains(body, "123-45-67") || !strings.Contains(body, "•••-45-67") {
		t.Fatalf("the phone is not hidden:\n%s", body)
	}
	const shown = `{"ticketId":101,"fields":{"name":"Sofa"},"comment":"Call +7 ••• •••-45-67 <b>before</b> noon"}`
	w.contains(w.post(page, decision("edit", "request", strings.Replace(shown, "noon", "ten", 1)), false), "A text with a hidden phone was changed")
	if rec := w.post(page, decision("edit", "request", shown), false); rec.Code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", rec.Code, rec.Body)
	}
	if got := w.firing(e.ID).Request; got.Comment != chairs(101).Comment || got.Fields.Name != "Sofa" {
		t.Errorf("%+v", got)
	}
}

func TestInbox_retryAllOnce(t *testing.T) {
	w := newFixture(t)
	w.fillInbox()
	base := w.session(i18n.RU, sampleTicket())
	form := decision("retry-all")
	rec := w.post(base+"/inbox", form, false)
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != base+"/inbox?done=retried-2" {
		t.Fatalf("%d to %q", rec.Code, rec.Header().Get("Location"))
	}
	w.contains(w.get(base+"/inbox?done=retried-2"), "Запущено ещё раз: 2.")
	if again := w.post(base+"/inbox", form, false); again.Header().Get("Location") != rec.Header().Get("Location") {
		t.Errorf("sent twice: %d to %q", again.Code, again.Header().Get("Location"))
	}
}

var regexpOlder = regexp.MustCompile(`href="([^"]*before=[^"]*)"`)

func TestInbox_pagesSearchesAndFilters(t *testing.T) {
	w := newFixture(t)
	w.refusedFiring()
	for i := range 53 {
		r := chairs(int64(1000 + i))
		w.fired(time.Duration(100-i)*time.Minute, r, jobs.Steps{}, jobs.Outcome{State: ledger.StateAccepted})
	}
	base := w.session(i18n.EN, sampleTicket())
	first := w.get(base + "/inbox?state=accepted").Body.String()
	if n := strings.Count(first, `class="row-name"`); n != 50 || strings.Contains(first, "Ticket 1000 ") {
		t.Fatalf("%d rows:\n%s", n, first)
	}
	older := regexpOlder.FindStringSubmatch(first)
	if older == nil {
		t.Fatal("no way to older ones")
	}
	second := w.get(strings.ReplaceAll(older[1], "&amp;", "&")).Body.String()
	if n := strings.Count(second, `class="row-name"`); n != 3 || !strings.Contains(second, "Ticket 1000 ") || !strings.Contains(second, "Back to the newest") {
		t.Errorf("%d older rows:\n%s", n, second)
	}
	w.contains(w.post(base+"/inbox/search", url.Values{"q": {"1007"}}, true), "Ticket 1007 ", `value="1007"`)
	ru := w.session(i18n.RU, sampleTicket())
	w.contains(w.post(ru+"/inbox/search", url.Values{"q": {"не приняла"}}, true), "Обращение 101 ") // as it is read, not as it is stored
	w.contains(w.post(base+"/inbox/search", url.Values{"state": {"failed"}, "q": {"1007"}}, true), "Nothing fits")
	w.contains(w.post(base+"/inbox/search", url.Values{"state": {"failed"}, "tab": {"accepted"}, "q": {"1007"}}, true), "Ticket 1007 ",
		`name="state" value="accepted"`)
	w.contains(w.post(base+"/inbox/search", url.Values{"state": {"failed"}, "tab": {""}, "q": {"1007"}}, true), "Ticket 1007 ")
}

func TestInbox_fileHasWhatTheListHas(t *testing.T) {
	w := newFixture(t)
	w.fillInbox()
	rec := w.post(w.session(i18n.RU, sampleTicket())+"/inbox.csv", url.Values{"state": {"held"}}, false)
	body, marked := strings.CutPrefix(rec.Body.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || !marked || len(rows) != 2 || rows[1][4] != "104" || !strings.HasPrefix(rows[1][10], "Нет входа в amoCRM") {
		t.Errorf("%q, %v", rows, err)
	}
	if got := rec.Header().Get("Content-Disposition"); got != `attachment; filename="inbox.csv"` {
		t.Errorf("disposition %q", got)
	}
}

func TestInbox_withoutRulesThereIsNoWayToIt(t *testing.T) {
	w := newFixture(t)
	w.h.people.Runs, w.h.settings.Links = nil, nil
	base := w.session(i18n.EN, sampleTicket())
	if body := w.get(base+"/settings").Body.String() + w.get(base).Body.String(); strings.Contains(body, "/inbox") || strings.Contains(body, "/rule") {
		t.Error("a link leads nowhere")
	}
}

// Every state and every sentence that is known has a text in every language.
func TestInbox_hasWordsForEverything(t *testing.T) {
	w := newFixture(t)
	for _, lang := range i18n.Langs {
		for _, code := range jobs.ReasonCodes() {
			if got := w.h.Catalog.T(lang, "firing."+code, "N", "1", "Rest", "x"); got == "" || got == "firing."+code {
				t.Errorf("%s: %s", lang, got)
			}
		}
		for _, s := range ledger.States {
			if got := w.h.Catalog.T(lang, "inbox.state."+string(s)); got == "" || strings.HasPrefix(got, "inbox.") {
				t.Errorf("%s: %s", lang, got)
			}
		}
	}
}
