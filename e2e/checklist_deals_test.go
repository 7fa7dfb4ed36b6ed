package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

var frameSource = regexp.MustCompile(`<iframe[^>]*\ssrc="([^"]+)"`)

// Stages of the sandbox's account that require fields.
const (
	stageNew     = "55524250"
	stagePayment = "55524262" // "Способ оплаты", a list
	fieldPayment = "1372571"
	fieldCount   = "1372541" // a number, required nowhere
	fieldOrder   = "1025541" // a text, required nowhere
)

func TestChecklist17_saysWhichFieldsMustBeFilled(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	b.alone(w, "known_one_deal")
	w.Fault(map[string]any{"latency_ms": 800})
	b.hit(`.add a`)
	b.do("the form", chromedp.WaitVisible(`[data-view=deal-form]`, chromedp.ByQuery))
	b.do("type, open the further fields and choose a stage", chromedp.SetValue(`#name`, "Payment walk", chromedp.ByQuery),
		chromedp.SetValue(`#price`, "1500", chromedp.ByQuery), chromedp.Click(`#more-fields > summary`, chromedp.ByQuery),
		chromedp.SendKeys(`[name="fields.`+fieldOrder+`"]`, "HS-1", chromedp.ByQuery), chromedp.Focus(`#status_id`, chromedp.ByQuery),
		chromedp.SetValue(`#status_id`, stagePayment, chromedp.ByQuery))
	b.holds("the stage's field is asked for and marked", `!!document.querySelector(".required [name='fields.`+fieldPayment+`'][required]") &&
		!!document.querySelector(".required .must")`)
	b.holds("the focus has stayed", `document.activeElement.id === "status_id"`)
	b.holds("what was typed has stayed, and the fold is open", `document.querySelector("#name").value === "Payment walk" &&
		document.querySelector("#more-fields").open && document.querySelector("[name='fields.`+fieldOrder+`']").value === "HS-1"`)
	b.holds("it is asked for once", `document.querySelectorAll("[name='fields.`+fieldPayment+`']").length === 1`)

	b.do("a number that is none", chromedp.SendKeys(`[name="fields.`+fieldCount+`"]`, "many", chromedp.ByQuery), chromedp.Click(`.button.primary`, chromedp.ByQuery))
	b.holds("both errors stand at their fields", `["`+fieldPayment+`", "`+fieldCount+`"].every(id =>
		document.querySelector("[name='fields." + id + "'][aria-invalid=true]") && document.querySelector("[id='fields." + id + "-error']").textContent)`)
	b.holds("what was typed is kept", `document.querySelector("#name").value === "Payment walk" && document.querySelector("#price").value === "1500" &&
		document.querySelector("[name='fields.`+fieldCount+`']").value === "many"`)
	b.holds("the first wrong field has the focus", `document.activeElement.name === "fields.`+fieldPayment+`"`)
	if n := w.Stats().Leads; n != 0 {
		t.Errorf("%d deals were made without what they need", n)
	}
	b.do("mend and send", chromedp.SetValue(`[name="fields.`+fieldPayment+`"]`, "705413", chromedp.ByQuery),
		chromedp.SetValue(`[name="fields.`+fieldCount+`"]`, "3", chromedp.ByQuery), chromedp.Click(`.button.primary`, chromedp.ByQuery))
	b.holds("the deal is there", `!!document.querySelector(".banner.good") && [...document.querySelectorAll(".row-name")].some(a => a.textContent === "Payment walk")`)
}

func TestChecklist18_everyClientHasHisDeals(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	page := w.first(w.Ticket("three_contacts_one_phone"), nil)
	if n := strings.Count(page, "/leads/detail/20610021"); n != 2 { // two of the three share it
		t.Errorf("the shared deal is shown %d times, want 2:\n%s", n, page)
	}
	says(t, page, "Набор со старой карточки")

	panel := w.Panel(w.Replicas[0], w.Ticket("two_pipelines"), nil)
	_, page = w.Get(http.DefaultClient, panel+"/people?wait=1")
	says(t, page, "2 open, ", "114,500", "All 5")
	last := 0
	for _, name := range []string{"Extra cauldrons after repair", "Мантии для хора", "Owl food subscription", "Перья, 40 штук", "Second workshop"} {
		at := strings.Index(page, ">"+name+"<")
		if at < last {
			t.Errorf("%s stands at %d, before the one that should precede it: open first, then closed by age", name, at)
		}
		last = at
	}
	_, page = w.Get(http.DefaultClient, panel+"/people?wait=1&deals=open")
	says(t, page, "Мантии для хора", "114,500")
	silent(t, page, "Перья, 40 штук")
	_, page = w.Get(http.DefaultClient, panel+"/people?wait=1") // remembered in the session
	silent(t, page, "Перья, 40 штук")

	page = w.first(w.Ticket("sixty_deals"), nil)
	if n := strings.Count(page, `class="row-name"`); n != 60 {
		t.Errorf("%d of 60 deals are shown", n)
	}
	says(t, page, "Show 50 more deals")
}

// newest is the deal made last in amoCRM, with its notes.
func (w *suite) newest() (name string, notes []string) {
	w.T.Helper()
	var leads struct {
		Embedded struct {
			Leads []lead `json:"leads"`
		} `json:"_embedded"`
	}
	w.crm("/api/v4/leads?order[created_at]=desc&limit=1", &leads)
	if len(leads.Embedded.Leads) != 1 {
		w.T.Fatalf("no newest deal: %+v", leads)
	}
	var list struct {
		Embedded struct {
			Notes []struct {
				Params struct {
					Text string `json:"text"`
				} `json:"params"`
			} `json:"notes"`
		} `json:"_embedded"`
	}
	w.crm(fmt.Sprintf("/api/v4/leads/%d/notes", leads.Embedded.Leads[0].ID), &list)
	for _, n := range list.Embedded.Notes {
		notes = append(notes, n.Params.Text)
	}
	return leads.Embedded.Leads[0].Name, notes
}

func TestChecklist19_dealIsMadeInTheBlock(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	b.alone(w, "contact_without_deals")
	b.hit(`.empty a.button`)
	b.do("the form, named after the ticket", chromedp.WaitVisible(`[data-view=deal-form]`, chromedp.ByQuery))
	b.holds("the name is the subject", `document.querySelector("#name").value === "Хочу каталог"`)
	b.holds("the client's words are offered", `document.querySelector(".taken").textContent.includes("пришлите") || document.querySelector(".taken").textContent.includes("Пришлите")`)
	b.do("take them, write a comment, click twice", chromedp.Click(`[name=message]`, chromedp.ByQuery),
		chromedp.SendKeys(`#note`, "Asked by mail", chromedp.ByQuery), chromedp.DoubleClick(`.button.primary`, chromedp.ByQuery))
	b.holds("the deal is there at once", `[...document.querySelectorAll(".row-name")].some(a => a.textContent === "Хочу каталог")`)
	if n := w.Stats().Leads; n != 1 {
		t.Errorf("a double click made %d deals", n)
	}
	name, notes := w.newest()
	want := fmt.Sprintf("Asked by mail\n\nHelpdesk ticket %d: %s/tickets/%d\n\nThe client's last message:\nЗдравствуйте! Пришлите, пожалуйста, новый каталог.",
		w.Ticket("contact_without_deals"), w.Desk, w.Ticket("contact_without_deals"))
	if name != "Хочу каталог" || len(notes) != 1 || notes[0] != want {
		t.Errorf("deal %q has the notes %q, want %q", name, notes, want)
	}
}

func TestChecklist19_withoutTheHelpdeskTheFormIsStillThere(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	ticket := w.Ticket("blank_subject")
	request := w.BlockRequest(ticket, nil)
	if status, body := w.Post(w.Desk+"/_sandbox/faults", map[string]any{"status": 500}); status >= 300 {
		t.Fatalf("fault: %d %s", status, body)
	}
	m := frameSource.FindStringSubmatch(w.Open(w.Replicas[0], request))
	if m == nil {
		t.Fatal("no panel in the block's answer")
	}
	_, page := w.Get(http.DefaultClient, m[1]+"/deals/new?wait=1")
	says(t, page, fmt.Sprintf(`name="name" value="Ticket #%d"`, ticket), "A note with the link to this ticket")
	silent(t, page, `name="message"`)
	form := url.Values{"token": {hiddenToken.FindStringSubmatch(page)[1]}, "name": {"No helpdesk"}, "pipeline_id": {"6516490"}, "status_id": {stageNew}}
	says(t, w.submit(m[1]+"/deals", form), "The deal was created.")
	if name, notes := w.newest(); name != "No helpdesk" || len(notes) != 1 || !strings.Contains(notes[0], fmt.Sprint("/tickets/", ticket)) {
		t.Errorf("deal %q has the notes %q", name, notes)
	}
}
