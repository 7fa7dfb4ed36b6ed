package amocrm

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
)

// browser walks the panel in a real one: it needs chromium on PATH.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(520, 900))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("script failed: %v", e.ExceptionDetails)
		case *runtime.EventConsoleAPICalled:
			for _, arg := range e.Args {
				t.Errorf("console: %s", arg.Value)
			}
		}
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return &browser{t: t, ctx: ctx}
}

// step does what is named and fails with the page when it takes too long.
func (b *browser) step(name string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var body string
		_ = chromedp.Run(b.ctx, chromedp.OuterHTML("body", &body))
		b.t.Fatalf("%s: %v\n%s", name, err, body)
	}
}

// until waits for a JavaScript expression to become true.
func (b *browser) until(name, expression string) {
	b.t.Helper()
	b.step(name, chromedp.Poll(expression, nil))
}

func TestBrowser_walkThroughThePanel(t *testing.T) {
	w := newFixture(t)
	w.h.Now = time.Now
	w.crm.people.Contacts = append(w.crm.people.Contacts, sampleBoris())
	server := httptest.NewServer(w.e)
	t.Cleanup(server.Close)
	base := w.session(i18n.EN, sampleTicket())
	b := newBrowser(t)

	b.step("open the panel", chromedp.Navigate(server.URL+base), chromedp.WaitVisible(`[data-view=people]`))
	b.step("open a deal", chromedp.Click(`.row-name`), chromedp.WaitVisible(`[data-view=deal]`))
	b.until("the heading has the focus", `document.activeElement.matches("h1[data-focus]")`)
	b.step("comment with Ctrl+Enter", chromedp.SendKeys(`#comment`, "Hello from the ticket"), chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	b.until("the comment is there", `document.querySelector(".words").textContent === "Hello from the ticket"`)
	b.until("the focus is in the box again", `document.activeElement.id === "comment"`)
	b.step("close with Esc", chromedp.KeyEvent(kb.Escape), chromedp.WaitVisible(`[data-view=people]`))

	b.step("new deal", chromedp.Click(`.add a`), chromedp.WaitVisible(`[data-view=deal-form]`))
	b.step("type and choose another stage", chromedp.SetValue(`#name`, "Chairs"), chromedp.SetValue(`#status_id`, "12"),
		chromedp.WaitVisible(`.required`))
	refuse := make(chan bool, 2)
	refuse <- true
	refuse <- false
	w.crm.onCreate = func(context.Context) (int64, error) {
		if <-refuse {
			return 0, &crm.FieldErrors{Fields: []crm.FieldError{{Path: "fields.31", Key: crm.KeyRequired}}}
		}
		return 501, nil
	}
	b.step("send", chromedp.Click(`.button.primary`), chromedp.WaitVisible(`.required .error`))
	b.until("the wrong field has the focus", `document.activeElement.name === "fields.31"`)
	b.until("what was typed is still there", `document.querySelector("#name").value === "Chairs"`)
	b.step("send again", chromedp.Click(`.button.primary`), chromedp.WaitVisible(`.banner.good`))
	b.until("the address has not moved", `location.pathname === "`+base+`"`)

	w.redis.FastForward(session.SessionLife + time.Minute)
	b.step("go on after the session has expired", chromedp.Click(`a[href$="/search"]`), chromedp.WaitVisible(`[data-view=expired]`))
}

func TestBrowser_frameFollowsTheHeight(t *testing.T) {
	w := newFixture(t)
	server := httptest.NewServer(w.e)
	t.Cleanup(server.Close)
	helpdesk := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	w.h.FrameAncestors = []string{helpdesk}
	envelope, err := session.FrameEnvelope(session.Frame{
		PanelURL: server.URL + w.session(i18n.EN, sampleTicket()), Origin: server.URL, Title: "amoCRM", NewTab: "new tab",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.e.GET("/ticket", func(c echo.Context) error {
		return c.HTML(http.StatusOK, `<link rel="icon" href="data:,"><div style="width:300px">`+envelope.HTML+`</div>`)
	})
	b := newBrowser(t)
	b.step("open the ticket", chromedp.Navigate(helpdesk+"/ticket"))
	b.until("the frame has grown", `parseInt(document.querySelector("iframe.sidecard-frame").style.height) > 500`)
}

func TestBrowser_loginEndsInThePanel(t *testing.T) {
	w := newFixture(t)
	server := httptest.NewServer(w.e)
	t.Cleanup(server.Close)
	w.grants.status.State = "none"
	base := w.session(i18n.EN, sampleTicket())
	b := newBrowser(t)
	b.step("open the panel", chromedp.Navigate(server.URL+base), chromedp.WaitVisible(`[data-view=login]`))
	b.step("begin the login elsewhere", chromedp.Evaluate(`window.open = function () { return {} }`, nil), chromedp.Click(`a[data-popup]`),
		chromedp.WaitVisible(`#login-waiting`))
	w.grants.set("connected")
	b.step("the panel notices by itself", chromedp.WaitVisible(`[data-view=people]`))
}

func TestBrowser_nothingStandsOutAt258Pixels(t *testing.T) {
	w := newFixture(t)
	w.crm.people.Contacts = append(w.crm.people.Contacts, sixty())
	server := httptest.NewServer(w.e)
	t.Cleanup(server.Close)
	b := newBrowser(t)
	for _, lang := range i18n.Langs {
		base := w.session(lang, sampleTicket())
		for _, path := range []string{"/people", "/deals/12", "/deals/new", "/contacts/new", "/search"} {
			var over string
			b.step(path, chromedp.EmulateViewport(258, 800), chromedp.Navigate(server.URL+base+path), chromedp.WaitVisible(`#panel > *`),
				chromedp.Evaluate(`String(document.documentElement.scrollWidth)`, &over))
			if n, err := strconv.Atoi(over); err != nil || n > 258 {
				t.Errorf("%s in %s is %s pixels wide", path, lang, over)
			}
		}
	}
}
