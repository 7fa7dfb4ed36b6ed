package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// watchNews counts in the page the news that it hears, and the views that it has begun to fetch for them and is through with.
const watchNews = `window.heard = window.begun = window.through = 0;
const listen = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (name, f) {
	listen.call(this, name, name === "changed" ? function (e) { f.call(this, e); window.heard++; } : f);
};
const real = window.fetch;
window.fetch = function () { window.begun++; return real.apply(this, arguments); };
const text = Response.prototype.text;
Response.prototype.text = function () {
	const read = text.call(this);
	read.then(() => setTimeout(() => window.through++)); // after what is done with it
	return read;
};`

// held is a request of the tab that was stopped on its way.
type held struct {
	url string
	id  fetch.RequestID
}

// hold stops the requests of the tab that end in one of the patterns, once each, until they are let go.
func (b *browser) hold(patterns ...*fetch.RequestPattern) <-chan held {
	b.t.Helper()
	stopped, seen := make(chan held, len(patterns)), map[string]bool{}
	chromedp.ListenTarget(b.ctx, func(event any) {
		e, ok := event.(*fetch.EventRequestPaused)
		if !ok {
			return
		}
		name := e.Request.URL[strings.LastIndex(e.Request.URL, "/"):]
		if !seen[name] {
			seen[name] = true
			stopped <- held{name, e.RequestID}
			return
		}
		go func() { _ = chromedp.Run(b.ctx, fetch.ContinueRequest(e.RequestID)) }() // the tab may be closed by now
	})
	b.do("stop requests", fetch.Enable().WithPatterns(patterns))
	return stopped
}

// next waits for the request that is stopped next.
func (b *browser) next(stopped <-chan held, name string) held {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	select {
	case h := <-stopped:
		if h.url != name {
			b.t.Fatalf("%s was asked for, want %s", h.url, name)
		}
		return h
	case <-ctx.Done():
		b.picture("failed")
		b.t.Fatalf("%s was not asked for", name)
		return held{}
	}
}

func (b *browser) letGo(h held) {
	b.t.Helper()
	b.do("let "+h.url+" go", fetch.ContinueRequest(h.id))
}

// shows waits for the deal's new stage in the list.
func (b *browser) shows(stage string) {
	b.t.Helper()
	b.holds("the stage "+stage+" is shown", fmt.Sprintf(`[...document.querySelectorAll(".stage")].some(s => s.textContent.includes(%q))`, stage))
}

// listening is a browser on a ticket's panel that counts its news, and what a colleague in amoCRM does to a deal in it.
func listening(t *testing.T, scenario string) (b *browser, move func(), name string) {
	w := connect(t, 1)
	w.subscribed()
	deal := w.openDeal(w.Ticket(scenario))
	stage, name := w.otherStage(deal)
	b = newBrowser(t)
	b.do("watch the news", page.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(watchNews).Do(ctx)
		return err
	}))
	b.alone(w, scenario)
	b.live()
	return b, func() { w.move(deal, stage) }, name
}

// A colleague moves a deal in amoCRM while an agent's click is on its way: the agent must see what his click did, and the
// deal's new stage, whichever comes first.
func TestFresh_newsAndClicksThatCrossAreBothShown(t *testing.T) {
	t.Parallel()
	const lacking = `.person:has(a[href$="/contacts/detail/40401618"])`
	news := &fetch.RequestPattern{URLPattern: "*/people", RequestStage: fetch.RequestStageResponse}
	click := &fetch.RequestPattern{URLPattern: "*/missing", RequestStage: fetch.RequestStageRequest}
	for name, cross := range map[string]func(b *browser, move func()){
		"newsWhileTheClickIsUnderWay": func(b *browser, move func()) {
			stopped := b.hold(click)
			b.hit(lacking + ` .missing button`)
			answer := b.next(stopped, "/missing")
			move()
			b.holds("the news are heard, and dealt with", `window.heard > 0 && window.through === window.begun`)
			b.letGo(answer)
			b.holds("the view is fetched afterwards", `window.begun > 0 && window.through === window.begun`)
		},
		"clickWhileTheNewsAreFetched": func(b *browser, move func()) {
			stopped := b.hold(news, click)
			move()
			view := b.next(stopped, "/people")
			b.hit(lacking + ` .missing button`)
			answer := b.next(stopped, "/missing")
			b.letGo(view)
			b.holds("the news are dealt with", `window.through > 0 && window.through === window.begun`)
			b.letGo(answer)
			b.holds("the view is fetched again afterwards", `window.begun > 1 && window.through === window.begun`)
		},
		"clickAnsweredBeforeTheNewsAreFetched": func(b *browser, move func()) {
			stopped := b.hold(news)
			move()
			view := b.next(stopped, "/people")
			b.hit(lacking + ` .missing button`)
			b.holds("the click is answered", `!!document.querySelector(".banner.good")`)
			b.letGo(view) // it is from before the click
			b.holds("the view is fetched again afterwards", `window.begun > 1 && window.through === window.begun`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, move, stage := listening(t, "two_emails_two_contacts")
			cross(b, move)
			b.shows(stage)
			b.holds("so is what the click did", `!document.querySelector('`+lacking+` .missing') &&
				document.querySelectorAll('`+lacking+` .facts a[href^=mailto]').length === 2`)
			b.holds("and it is said", `!!document.querySelector(".banner.good")`)
		})
	}
}

// A form that is left while its answer is on its way must not stop the news for good.
func TestFresh_newsComeAfterAFormWasLeftWithoutWaiting(t *testing.T) {
	t.Parallel()
	b, move, stage := listening(t, "two_emails_two_contacts")
	stopped := b.hold(&fetch.RequestPattern{URLPattern: "*/missing", RequestStage: fetch.RequestStageRequest})
	b.hit(`.person .missing button`)
	answer := b.next(stopped, "/missing")
	b.hit(`header a[href$="/search"]`)
	b.do("the search", chromedp.WaitVisible(`[data-view=search]`, chromedp.ByQuery))
	b.letGo(answer)
	b.holds("the answer has come", `!!document.querySelector(".banner.good")`)
	b.live()
	move()
	b.shows(stage)
}
