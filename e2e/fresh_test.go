package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sidecard/sidecard/e2e/rig"
)

// hookOf is the subscription that the service holds in amoCRM.
func (w *suite) hookOf() (destination string, disabled bool) {
	w.T.Helper()
	var list struct {
		Embedded struct {
			Webhooks []struct {
				Destination string `json:"destination"`
				Disabled    bool   `json:"disabled"`
			} `json:"webhooks"`
		} `json:"_embedded"`
	}
	w.crm("/api/v4/webhooks", &list)
	for _, h := range list.Embedded.Webhooks {
		if strings.HasPrefix(h.Destination, w.Replicas[0]+"/hooks/amocrm/") {
			return h.Destination, h.Disabled
		}
	}
	return "", false
}

// subscribed waits until amoCRM has our hook: a login subscribes in the background.
func (w *suite) subscribed() string {
	w.T.Helper()
	rig.Eventually(w.T, limit, "amoCRM has our hook", func() bool { // asked past the limits of its API
		var s struct {
			Requests map[string]map[string]int `json:"requests"`
		}
		w.GetJSON(w.Amo+"/_sandbox/stats", &s)
		return s.Requests["POST /api/v4/webhooks"]["201"] > 0
	})
	to, _ := w.hookOf()
	if to == "" {
		w.T.Fatal("amoCRM was asked to subscribe, but has no hook of ours")
	}
	return to
}

// move changes a deal's stage on amoCRM's own page, as a colleague there does.
func (w *suite) move(deal int64, stage string) {
	w.T.Helper()
	res, err := http.PostForm(fmt.Sprintf("%s/leads/detail/%d/stage", w.Amo, deal), url.Values{"stage": {stage}})
	if err != nil {
		w.T.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 400 {
		w.T.Fatalf("move deal %d: %d", deal, res.StatusCode)
	}
}

// otherStage is a stage of a deal's pipeline in which it is not, with its name.
func (w *suite) otherStage(deal int64) (stage, name string) {
	w.T.Helper()
	var l struct {
		Pipeline int64 `json:"pipeline_id"`
		Status   int64 `json:"status_id"`
	}
	w.crm(fmt.Sprintf("/api/v4/leads/%d", deal), &l)
	var p struct {
		Embedded struct {
			Statuses []struct {
				ID   int64  `json:"id"`
				Name string `json:"name"`
				Type int    `json:"type"`
			} `json:"statuses"`
		} `json:"_embedded"`
	}
	w.crm(fmt.Sprintf("/api/v4/leads/pipelines/%d", l.Pipeline), &p)
	for _, s := range p.Embedded.Statuses {
		if s.ID != l.Status && s.ID != 142 && s.ID != 143 && s.Type != 1 {
			return fmt.Sprintf("%d:%d", l.Pipeline, s.ID), s.Name
		}
	}
	w.T.Fatalf("deal %d has no other stage", deal)
	return "", ""
}

// hooksSent is how many webhooks amoCRM has delivered.
func (w *suite) hooksSent() int {
	w.T.Helper()
	var s struct {
		Hooks int `json:"hooks_sent"`
	}
	w.GetJSON(w.Amo+"/_sandbox/stats", &s)
	return s.Hooks
}

// live waits until the panel listens for news.
func (b *browser) live() {
	b.t.Helper()
	b.do("listen for news", until(`document.body.dataset.live === "on"`))
}

// openDeal is the first deal that a ticket's panel shows.
func (w *suite) openDeal(ticket int64) int64 {
	w.T.Helper()
	panel, n := w.Panel(w.Replicas[0], ticket, nil), int64(0)
	rig.Eventually(w.T, limit, "a deal in the panel", func() bool { // a busy machine may show what it has in time, and mend it later
		_, page := w.Get(http.DefaultClient, panel+"/people?wait=1")
		_, rest, _ := strings.Cut(page, "/leads/detail/")
		id, _, _ := strings.Cut(rest, `"`)
		_, err := fmt.Sscan(id, &n)
		return err == nil
	})
	return n
}

func TestFresh_stageChangedInAmoCRMShowsInTheOpenPanelWithinFiveSeconds(t *testing.T) {
	w := connect(t, 2) // amoCRM tells the first replica, the panel listens at the second
	w.subscribed()
	ticket := w.Ticket("known_one_deal")
	deal := w.openDeal(ticket)
	panel := w.Panel(w.Replicas[1], ticket, nil)
	panel = w.Replicas[1] + panel[strings.Index(panel, "/blocks/"):]
	b := newBrowser(t)
	for view, path := range map[string]string{"people": "/people", "deal": fmt.Sprintf("/deals/%d", deal)} {
		b.do("open the "+view, chromedp.Navigate(panel+path), chromedp.WaitVisible(fmt.Sprintf("[data-view=%q]", view), chromedp.ByQuery))
		stage, name := w.otherStage(deal)
		b.live()
		began := time.Now()
		w.move(deal, stage)
		b.do("see the stage in the "+view, until(fmt.Sprintf(`document.querySelector(".stage").textContent.includes(%q)`, name)))
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the %s showed the new stage after %s", view, took)
		}
	}
}

func TestFresh_taskOfAColleagueShowsInTheOpenDeal(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	w.subscribed()
	ticket := w.Ticket("known_one_deal")
	deal := w.openDeal(ticket)
	b := newBrowser(t)
	b.do("open the deal", chromedp.Navigate(fmt.Sprintf("%s/deals/%d", w.Panel(w.Replicas[0], ticket, nil), deal)),
		chromedp.WaitVisible(`#tasks`, chromedp.ByQuery))
	b.live()
	w.crmAdd("/api/v4/tasks", []map[string]any{{
		"text": "Ring back about the colour", "complete_till": time.Now().Add(24 * time.Hour).Unix(), "entity_id": deal, "entity_type": "leads",
	}})
	b.do("see the task", until(`document.querySelector("#tasks").textContent.includes("Ring back about the colour")`))
}

// News that come while amoCRM is slow show old data with their age; the panel looks again by itself.
func TestFresh_oldDataGiveWayWhenAmoCRMAnswersAgain(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	w.subscribed()
	ticket := w.Ticket("known_one_deal")
	deal := w.openDeal(ticket)
	b := newBrowser(t)
	b.do("open the deal", chromedp.Navigate(fmt.Sprintf("%s/deals/%d", w.Panel(w.Replicas[0], ticket, nil), deal)),
		chromedp.WaitVisible(`[data-view="deal"]`, chromedp.ByQuery))
	stage, name := w.otherStage(deal)
	b.live()
	w.Fault(map[string]any{"latency_ms": 20_000})
	w.move(deal, stage)
	b.do("see how old the data are", chromedp.WaitVisible(`[data-stale]`, chromedp.ByQuery))
	w.Fault(map[string]any{"replace": true})
	b.do("see the stage without asking for it", until(fmt.Sprintf(
		`document.querySelector(".stage").textContent.includes(%q) && !document.querySelector("[data-stale]")`, name)))
}

func TestFresh_whoIsTypingIsAskedFirst(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	w.subscribed()
	ticket := w.Ticket("known_one_deal")
	deal := w.openDeal(ticket)
	panel := w.Panel(w.Replicas[0], ticket, nil)
	b := newBrowser(t)
	b.do("open the deal and type", chromedp.Navigate(fmt.Sprintf("%s/deals/%d", panel, deal)),
		chromedp.WaitVisible(`#comment`, chromedp.ByQuery), chromedp.SendKeys(`#comment`, "half a sen", chromedp.ByQuery))
	stage, name := w.otherStage(deal)
	b.live()
	w.move(deal, stage)
	b.do("see the quiet line", chromedp.WaitVisible(`#live-news a`, chromedp.ByQuery))
	var typed, text string
	b.do("read", chromedp.Value(`#comment`, &typed, chromedp.ByQuery), chromedp.Text(`#panel`, &text, chromedp.ByQuery))
	if typed != "half a sen" {
		t.Errorf("what was typed became %q", typed)
	}
	b.picture("typing")
	b.do("have it shown", chromedp.Click(`#live-news a`, chromedp.ByQuery), chromedp.WaitNotPresent(`#live-news`, chromedp.ByQuery),
		until(fmt.Sprintf(`document.querySelector(".stage").textContent.includes(%q)`, name)))
}

// Our own comment comes back as a hook. The panel that wrote it shows it already and must not fetch anything again.
func TestFresh_ownCommentIsNoNews(t *testing.T) {
	w := connect(t, 1)
	w.subscribed()
	ticket := w.Ticket("known_one_deal")
	deal := w.openDeal(ticket)
	panel := w.Panel(w.Replicas[0], ticket, nil)
	b := newBrowser(t)
	b.do("open the deal", chromedp.Navigate(fmt.Sprintf("%s/deals/%d", panel, deal)), chromedp.WaitVisible(`#comment`, chromedp.ByQuery),
		chromedp.Evaluate(`window.fetched = 0; window.fetch = (function (real) { return function () { window.fetched++; return real.apply(this, arguments); }; })(window.fetch); true`, nil))
	b.live()
	hooks := w.hooksSent()
	b.do("comment", chromedp.SendKeys(`#comment`, "our own words", chromedp.ByQuery), chromedp.Click(`.compose button[type="submit"]`, chromedp.ByQuery),
		until(`document.querySelector("#feed").textContent.includes("our own words")`))
	rig.Eventually(t, limit, "amoCRM has told of the comment", func() bool { return w.hooksSent() > hooks })
	// A change of somebody else comes through, and it is the only one that does.
	stage, name := w.otherStage(deal)
	w.move(deal, stage)
	var fetched int
	b.do("see the stage", until(fmt.Sprintf(`document.querySelector(".stage").textContent.includes(%q)`, name)),
		chromedp.Evaluate(`window.fetched`, &fetched))
	if fetched != 1 {
		t.Errorf("the panel fetched itself %d times, want once for the stage and never for its own comment", fetched)
	}
}

func TestFresh_addressAnswersEverybodyAlike(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	to := w.subscribed()
	for _, secret := range []string{to, w.Replicas[0] + "/hooks/amocrm/" + strings.Repeat("a", 26)} {
		res, err := http.PostForm(secret, url.Values{"leads[status][0][id]": {"1"}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.ContentLength != 0 {
			t.Errorf("answer %d with %d bytes", res.StatusCode, res.ContentLength)
		}
	}
}
