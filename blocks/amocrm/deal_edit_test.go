package amocrm

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/session"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/crm/tasks"
	"github.com/sidecard/sidecard/internal/i18n"
)

func editOfField(field string, more url.Values) url.Values {
	form := url.Values{"token": {session.NewID()}, "field": {field}, "inplace": {"1"}}
	for k, v := range more {
		form[k] = v
	}
	return form
}

func TestChangeDeal_onlyTheRowIsSent(t *testing.T) {
	name, sum, none := "Chairs", "85 000 ₽", ""
	for _, c := range []struct {
		name string
		form url.Values
		want deals.Change
	}{
		{"name", editOfField("name", url.Values{"name": {" Chairs "}, "price": {"9"}}), deals.Change{Name: &name}},
		{"amount as people type it", editOfField("amount", url.Values{"price": {"85 000 ₽"}}), deals.Change{Price: &sum}},
		{"no amount", editOfField("amount", url.Values{"price": {""}}), deals.Change{Price: &none}},
		{"responsible", editOfField("responsible", url.Values{"responsible_id": {"2"}}), deals.Change{ResponsibleID: 2}},
		{"stage with what it asks for", editOfField("stage", url.Values{"stage": {"1:143"}, "loss_reason_id": {"901"}, "fields.35": {"soft"}}),
			deals.Change{PipelineID: 1, StatusID: 143, LossReasonID: 901, Fields: map[int64][]string{35: {"soft"}}}},
		{"one custom field", editOfField("cf:2", url.Values{"fields.2": {"2"}, "fields.35": {"x"}}),
			deals.Change{Fields: map[int64][]string{2: {"2"}}}},
		{"emptied", editOfField("cf:2", nil), deals.Change{Fields: map[int64][]string{2: nil}}},
		{"a box that is not ticked", editOfField("cf:5", nil), deals.Change{Fields: map[int64][]string{5: nil}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newFixture(t)
			w.contains(w.post(w.session(i18n.EN, sampleTicket())+"/deals/12/edit", c.form, true), `id="deal-card"`, "Saved.")
			c.want.Lang = "en"
			if diff := cmp.Diff([]deals.Change{c.want}, w.crm.changes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestChangeDeal_showsAtOnceAndLeavesTheCommentAlone(t *testing.T) {
	w := newFixture(t)
	rec := w.post(w.session(i18n.EN, sampleTicket())+"/deals/12/edit", editOfField("amount", url.Values{"price": {"200000"}}), true)
	w.contains(rec, "200,000", `id="edit-amount" href=`, `data-return`, `<section id="tasks" class="tasks" aria-label="Tasks" hx-swap-oob="true">`,
		`<div id="feed-list" hx-swap-oob="true">`)
	if strings.Contains(rec.Body.String(), `id="comment"`) {
		t.Error("the box for a comment is replaced while somebody may type in it")
	}
}

func TestChangeDeal_refusedKeepsWhatWasTyped(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	rec := w.post(base+"/deals/12/edit", editOfField("amount", url.Values{"price": {"many"}}), true)
	w.contains(rec, `value="many"`, "Write one amount", `aria-invalid="true"`)
	if got := rec.Header().Get("HX-Retarget"); got != "#row-amount" || len(w.crm.changes) != 0 {
		t.Errorf("retarget %q, changes %+v", got, w.crm.changes)
	}
	w.crm.onChange = func(deals.Change) error { return amoapi.ErrLimited }
	form := editOfField("name", url.Values{"name": {"Tables"}})
	w.contains(w.post(base+"/deals/12/edit", form, true), `value="Tables"`, "Too many requests at once")
	w.crm.onChange = nil
	w.contains(w.post(base+"/deals/12/edit", form, true), "Saved.") // the same form may be sent again
}

func TestChangeDeal_lostAsksForTheReason(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	rec := w.post(base+"/deals/12/edit/needs", url.Values{"field": {"stage"}, "stage": {"1:143"}}, true)
	w.contains(rec, `name="loss_reason_id"`, "Too expensive", "This stage asks for")
	rec = w.post(base+"/deals/12/edit/needs", url.Values{"field": {"stage"}, "stage": {"1:12"}, "fields.35": {"soft"}}, true)
	w.contains(rec, `name="fields.35"`, ">soft<")
	if rec = w.post(base+"/deals/12/edit/needs", url.Values{"field": {"stage"}, "stage": {"1:11"}}, true); strings.Contains(rec.Body.String(), "input") {
		t.Errorf("a stage that needs nothing asks for %s", rec.Body)
	}
}

func TestChangeDeal_withoutScript(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.contains(w.get(base+"/deals/12/edit?field=amount"), `data-view="deal-edit"`, `value="185000"`, "<html")
	form := editOfField("amount", url.Values{"price": {"many"}})
	form.Del("inplace")
	w.contains(w.post(base+"/deals/12/edit", form, false), `data-view="deal-edit"`, `value="many"`, "<html")
	form.Set("price", "5")
	if rec := w.post(base+"/deals/12/edit", form, false); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != base+"/deals/12" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	for _, bad := range []string{"cf:999", "nothing", "cf:", "task"} {
		w.contains(w.get(base+"/deals/12/edit?field="+bad), "Not in this amoCRM account any more")
	}
}

func TestTasks_addAndComplete(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	form := url.Values{"token": {session.NewID()}, "task_text": {" Bring samples "}, "due": {"2026-12-24T15:30"}, "type_id": {"2"}, "task_responsible": {"1"}}
	for range 2 { // a double click adds one
		w.contains(w.post(base+"/deals/12/tasks", form, true), "Bring samples", "The task was added.", `<div id="deal-card" hx-swap-oob="true">`)
	}
	want := []tasks.Draft{{Text: "Bring samples", Due: "2026-12-24T15:30", TypeID: 2, ResponsibleID: 1}}
	if diff := cmp.Diff(want, w.crm.drafts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	rec := w.post(base+"/deals/12/tasks/61/done", url.Values{"token": {session.NewID()}, "result.61": {"sent"}}, true)
	w.contains(rec, "The task is completed.")
	if strings.Contains(rec.Body.String(), "Send the offer") || w.crm.results[61] != "sent" {
		t.Errorf("results %v, page:\n%s", w.crm.results, rec.Body)
	}
	w.contains(w.post(base+"/deals/12/tasks/999/done", url.Values{"token": {session.NewID()}}, true), "Not in this amoCRM account any more")
}

func TestTasks_thatFailLeaveTheCard(t *testing.T) {
	w := newFixture(t)
	w.crm.tasksErr = amoapi.ErrUpstream
	w.contains(w.get(w.session(i18n.EN, sampleTicket())+"/deals/12"), "Office chairs", "amoCRM is not available", `name="text"`)
}

func TestFeed_filterAndOlder(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.crm.feedPlace = "1700~2~2"
	w.crm.older = map[string]feed.Feed{"1700~2~2": {Items: []feed.Item{{ID: "note-9", Kind: feed.KindComment, Text: "long ago", At: ago(400 * day)}}, At: now}}
	rec := w.fragment(base + "/deals/12/feed?only=comments")
	w.contains(rec, "Asked for grey fabric", `id="feed-only" name="only" value="comments"`, "only=comments", "before=1700~2~2")
	if strings.Contains(rec.Body.String(), "Negotiation") {
		t.Errorf("an event among the comments:\n%s", rec.Body)
	}
	rec = w.fragment(base + "/deals/12/feed?before=1700~2~2")
	w.contains(rec, "long ago", `tabindex="-1" data-return`)
	if strings.Contains(rec.Body.String(), `id="older"`) {
		t.Error("the beginning of the deal leads on")
	}
	w.contains(w.get(base+"/deals/12?before=1700~2~2"), "long ago", "To the newest")
	w.contains(w.fragment(base+"/deals/12/feed?before=junk"), "Not in this amoCRM account any more")
	if rec := w.get(base + "/deals/12/feed?only=comments"); rec.Header().Get("Location") != base+"/deals/12?only=comments" {
		t.Errorf("without script: %v", rec.Header())
	}
}

func TestFeed_marksWhatWasWrittenHere(t *testing.T) {
	w := newFixture(t)
	w.crm.feedItems[0].Mine = true
	body := w.get(w.session(i18n.EN, sampleTicket()) + "/deals/12").Body.String()
	if n := strings.Count(body, "from the helpdesk"); n != 1 {
		t.Errorf("%d lines are marked", n)
	}
}

func TestDeal_whatNoFormHoldsLeadsIntoAmoCRM(t *testing.T) {
	const way = `<a class="tool pencil" href="https://example.amocrm.ru/leads/detail/12" target="_blank" rel="noopener noreferrer" title="`
	w, base := withFields(t)
	rec := w.get(base + "/deals/12")
	w.contains(rec, "1 Made-up Street", way+"Delivery address: change it in amoCRM")
	if strings.Contains(rec.Body.String(), "field=cf%3A40") {
		t.Errorf("a pencil that leads to no form:\n%s", rec.Body)
	}
	w.contains(w.get(base+"/deals/12/edit"), `title="Delivery address: change it in amoCRM">Delivery address`, `<span class="meta">1 Made-up Street, London</span>`)

	w.crm.card.Outside = []int64{1} // as one of the chosen fields
	delete(w.crm.card.Inputs, 1)
	w.post(base+"/layout/card", choose("save", "stage", "cf:1"), false)
	w.contains(w.get(base+"/deals/12"), "data-chosen", way+"Delivery date: change it in amoCRM")
}

func TestDeal_reasonOfALostDealCanBeChanged(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.crm.card.State, w.crm.card.LossReason = deals.Lost, "Too expensive"
	w.contains(w.get(base+"/deals/12"), `data-row="loss_reason"`, `/deals/12/edit?field=loss_reason"`)
}
