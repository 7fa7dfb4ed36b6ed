package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/sidecard/sidecard/e2e/rig"
)

// crmLead is a lead as the local amoCRM answers it.
type crmLead struct {
	Name   string  `json:"name"`
	Price  float64 `json:"price"`
	Status int64   `json:"status_id"`
	Reason int64   `json:"loss_reason_id"`
}

// openDeal opens the ticket of a client with one deal and that deal in its block; it returns the deal's id.
func openDeal(t *testing.T, w *suite, b *browser) int64 {
	t.Helper()
	b.do("open the ticket", chromedp.Navigate(fmt.Sprintf("%s/tickets/%d", w.Desk, w.Ticket("known_one_deal"))),
		chromedp.Click(`button[name="language"][value="en"]`, chromedp.ByQuery))
	b.see(`[data-view="people"]`)
	b.click(`.row-name`)
	b.see(`[data-view="deal"]`)
	var frame []*cdp.Node
	var id int64
	b.inPanel("read the deal's id", func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.Nodes(`[data-view="deal"]`, &frame, chromedp.ByQuery, in)}
	})
	if _, err := fmt.Sscan(frame[0].AttributeValue("data-deal"), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// pressed types into a field of the panel and ends with a key.
func (b *browser) pressed(selector, text string) {
	b.t.Helper()
	b.inPanel("type into "+selector, func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.QueryAfter(selector, keys(text), chromedp.NodeVisible, chromedp.ByQuery, in)}
	})
}

func (b *browser) gone(selector string) {
	b.t.Helper()
	b.inPanel("see "+selector+" gone", func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.WaitNotPresent(selector, chromedp.ByQuery, in)}
	})
}

// A click on a deal opens a card with details, news feed and comments; its rows are changed in place.
func TestChecklist22_cardOfADealIsReadAndChanged(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	id := openDeal(t, w, b)
	for _, part := range []string{`.details`, `#tasks`, `#feed-list .item`, `#comment`} {
		b.see(part)
	}
	b.picture("22-card")
	lead := func() (l crmLead) {
		w.crm(fmt.Sprintf("/api/v4/leads/%d", id), &l)
		return l
	}

	b.click(`#edit-amount`)
	b.see(`#row-amount input[name="price"]`)
	b.pressed(`#row-amount input[name="price"]`, kb.Escape)
	b.see(`#edit-amount`)
	b.click(`#edit-amount`)
	b.enter(`#row-amount input[name="price"]`, "many")
	b.pressed(`#row-amount input[name="price"]`, kb.Enter)
	b.see(`#row-amount .error`)
	b.enter(`#row-amount input[name="price"]`, "64000")
	b.pressed(`#row-amount input[name="price"]`, kb.Enter)
	b.waitText("64,000")

	b.click(`#edit-name`)
	b.enter(`#row-name input[name="name"]`, "Renamed Ω")
	b.pressed(`#row-name input[name="name"]`, kb.Enter)
	b.waitText("Renamed Ω")

	b.click(`#edit-stage`)
	b.see(`.stages`)
	b.picture("22-stages")
	b.click(`.stages fieldset:first-of-type label:last-of-type input`) // amoCRM's last stage is "lost"
	b.see(`#needs select[name="loss_reason_id"]`)
	b.click(`#row-stage button[type="submit"]`)
	b.see(`#needs .error`)
	b.picture("22-reason")
	b.pressed(`#needs select[name="loss_reason_id"]`, kb.ArrowDown)
	b.click(`#row-stage button[type="submit"]`)
	b.gone(`.stages`)
	b.picture("22-lost")

	b.click(`#task-new`)
	b.enter(`input[name="task_text"]`, "Ring the client ✓")
	b.click(`.task-new button[type="submit"]`)
	b.waitText("Ring the client ✓")
	var rows []*cdp.Node
	b.inPanel("find the task", func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.Nodes(`.task-item:last-of-type summary`, &rows, chromedp.ByQuery, in)}
	})
	row := rows[0].AttributeValue("id")
	task := strings.TrimPrefix(row, "task-")
	b.click("#" + row)
	b.picture("22-task")
	result := fmt.Sprintf(`[name="result.%s"]`, task)
	b.enter(result, "reached")
	b.pressed(result, kb.Enter)
	b.gone("#" + row)

	// Only now is amoCRM asked: its limit counts what the test reads, too.
	if got := lead(); got.Price != 64000 || got.Name != "Renamed Ω" || got.Status != 143 || got.Reason == 0 {
		t.Errorf("amoCRM has %+v", got)
	}
	var done struct {
		Text      string `json:"text"`
		Completed bool   `json:"is_completed"`
		Result    struct {
			Text string `json:"text"`
		} `json:"result"`
	}
	w.crm("/api/v4/tasks/"+task, &done)
	if done.Text != "Ring the client ✓" || !done.Completed || done.Result.Text != "reached" {
		t.Errorf("amoCRM has the task %+v", done)
	}
}

// The news feed lists actions and comments of the deal; it can show the comments alone, and what is older.
func TestChecklist24_feedIsFilteredAndGoesBack(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	id := openDeal(t, w, b)
	notes := make([]map[string]any, 130)
	for i := range notes {
		notes[i] = map[string]any{"entity_id": id, "note_type": "common", "params": map[string]any{"text": fmt.Sprintf("old note %03d", i)}}
	}
	w.crmAdd("/api/v4/leads/notes", notes)
	b.click(`.bar a[href$="/people"]`)
	b.see(`[data-view="people"]`)
	b.click(`.bar a[href*="fresh=1"]`)
	b.see(`[data-view="people"]`)
	b.click(`.row-name`)
	b.waitText("old note 129")
	b.click(`#feed-comments`)
	b.see(`#feed-comments[aria-current]`)
	b.gone(`#feed-list .item:not(.comment)`)
	b.picture("24-comments")
	w.crmAdd("/api/v4/leads/notes", []map[string]any{{"entity_id": id, "note_type": "common", "params": map[string]any{"text": "said meanwhile"}}})
	b.waitText("said meanwhile") // the choice outlives the live update
	b.see(`#feed-comments[aria-current]`)
	b.gone(`#feed-list .item:not(.comment)`)
	b.click(`#feed-all`)
	b.see(`#feed-all[aria-current]`)
	b.click(`#feed-list details.rest summary`)
	b.click(`#older a`)
	b.see(`#feed-list [data-older]`)
	w.crmAdd("/api/v4/leads/notes", []map[string]any{{"entity_id": id, "note_type": "common", "params": map[string]any{"text": "said while reading"}}})
	b.waitText("said while reading")
	b.see(`#feed-list [data-older]`) // what was loaded outlives the live update, too
	rig.Eventually(t, limit, "the oldest note is there", func() bool {
		if strings.Contains(b.text(), "old note 000") {
			return true
		}
		b.clickIfThere(`body:not(.htmx-request) #older a`) // a second click would begin anew
		return false
	})
	b.waitText("old note 000")
	b.picture("24-older")
	w.crmAdd("/api/v4/leads/notes", []map[string]any{{"entity_id": id, "note_type": "common", "params": map[string]any{"text": "said at the end"}}})
	b.waitText("said at the end")
	text := b.text()
	for i := range notes {
		if note := fmt.Sprintf("old note %03d", i); strings.Count(text, note) != 1 {
			t.Errorf("%q stands %d times in the feed after live updates, want once", note, strings.Count(text, note))
		}
	}
}

// The agent can post a new comment to the deal from the helpdesk: it is there at once and says where it is from.
func TestChecklist25_commentIsThereAtOnceAndKeptWhenItFails(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	id := openDeal(t, w, b)
	w.Fault(map[string]any{"latency_ms": 1500})
	b.enter(`#comment`, "Said from the ticket Ω")
	b.click(`.compose button[type="submit"]`)
	b.see(`.item.pending`)
	if !strings.Contains(b.text(), "Said from the ticket Ω") {
		t.Error("the comment does not stand in the feed while it is sent")
	}
	b.picture("25-pending")
	b.gone(`.item.pending`)
	b.see(`.item.comment .chip.mine`)
	w.Fault(map[string]any{"replace": true})
	var notes struct {
		Embedded struct {
			Notes []struct {
				Params struct {
					Text string `json:"text"`
				} `json:"params"`
			} `json:"notes"`
		} `json:"_embedded"`
	}
	rig.Eventually(t, limit, "amoCRM has the comment", func() bool {
		notes.Embedded.Notes = nil
		w.crm(fmt.Sprintf("/api/v4/leads/%d/notes?order[id]=desc&limit=1", id), &notes)
		return len(notes.Embedded.Notes) == 1 && notes.Embedded.Notes[0].Params.Text == "Said from the ticket Ω"
	})

	for _, p := range w.Processes {
		p.Kill()
	}
	b.enter(`#comment`, "Not lost")
	b.click(`.compose button[type="submit"]`)
	b.see(`#offline:not([hidden])`)
	var kept string
	b.inPanel("read the box", func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.Value(`#comment`, &kept, chromedp.ByQuery, in)}
	})
	if kept != "Not lost" {
		t.Errorf("the box holds %q", kept)
	}
	b.gone(`.item.pending`)
}

// amoCRM has taken the comment, its answer is lost, and its lists can't be read for a while: the block goes on looking, and
// the comment leaves its box when it is found. Until then it is sent again only by who wants it.
func TestComment_lostAnswerIsFoundAndNothingIsDoubled(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	id := openDeal(t, w, b)
	notes := fmt.Sprintf("/api/v4/leads/%d/notes", id)
	before := w.Stats().Notes
	w.Fault(map[string]any{"drop_after_commit": true, "routes": "/api/v4/leads/notes", "method": "POST", "times": 1})
	w.Fault(map[string]any{"status": 503, "routes": notes, "method": "GET"})
	b.enter(`#comment`, "Stands in amoCRM already")
	b.click(`.compose-foot button`)
	b.see(`#comment-doubt button[name=sure]`)
	b.picture("doubt")
	b.click(`.compose-foot button`) // once more, unasked
	b.see(`#comment-doubt button[name=sure]`)
	if n := w.Stats().Notes; n != before+1 {
		t.Errorf("%d notes were written", n-before)
	}
	w.Fault(map[string]any{"replace": true})
	b.gone(`#comment-doubt.doubt`)
	b.see(`.item.comment .chip.mine`)
	var left string
	b.inPanel("read the box", func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.Value(`#comment`, &left, chromedp.ByQuery, in)}
	})
	if n := w.Stats().Notes; left != "" || n != before+1 {
		t.Errorf("the box holds %q, %d notes were written", left, n-before)
	}
	b.picture("found")
}
