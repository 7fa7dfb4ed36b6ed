package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/sidecard/sidecard/e2e/rig"
)

// focused tells where the keyboard is and whether a person sees it there.
type focused struct {
	What    string `json:"what"`    // id, address, label or text
	Visible bool   `json:"visible"` // an outline, a ring, or the row around it
	After   bool   `json:"after"`   // stands after the element that had the focus before
	None    bool   `json:"none"`
}

const whereFocus = `(() => {
	const e = document.activeElement, old = window.hadFocus;
	if (!e || e === document.body) return {none: true, what: ""};
	const ringed = n => n && getComputedStyle(n).outlineStyle !== "none" && parseFloat(getComputedStyle(n).outlineWidth) > 0;
	const lit = n => n && getComputedStyle(n).boxShadow !== "none";
	window.hadFocus = e;
	return {
		what: e.id || e.getAttribute("href") || e.getAttribute("aria-label") || e.textContent.trim().slice(0, 40),
		visible: !!(ringed(e) || ringed(e.closest(".row")) || lit(e.closest(".compose"))),
		after: !old || !document.contains(old) || !!(old.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING),
	};
})()`

func (b *browser) focus() focused {
	b.t.Helper()
	var f focused
	b.do("ask for the focus", chromedp.Evaluate(whereFocus, &f))
	return f
}

func (b *browser) press(key string, modifiers ...input.Modifier) {
	b.t.Helper()
	b.do("press a key", chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
}

// tabTo presses Tab until the element that matches has the focus.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	for range 60 {
		b.press(kb.Tab)
		var there bool
		b.do("look at the focus", chromedp.Evaluate(`document.activeElement.matches(`+quote(selector)+`)`, &there))
		if there {
			return
		}
	}
	b.t.Fatalf("Tab never comes to %s", selector)
}

func quote(s string) string { return "`" + s + "`" }

// until waits for a view of the panel and for the focus to be in it.
func (b *browser) until(script, what string) {
	b.t.Helper()
	rig.Eventually(b.t, limit, what, func() bool {
		var ok bool
		b.do(what, chromedp.Evaluate(script, &ok))
		return ok
	})
}

func TestKeyboard_tabGoesThroughThePanelInOrderAndIsSeen(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	b.do("open the panel", chromedp.Navigate(w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)),
		chromedp.WaitVisible(`[data-view="people"] .row-name`, chromedp.ByQuery))
	seen := 0
	for range 80 {
		b.press(kb.Tab)
		f := b.focus()
		if f.None {
			break
		}
		if seen > 0 && !f.After { // round again
			break
		}
		seen++
		if !f.Visible {
			t.Errorf("the focus on %q can't be seen", f.What)
		}
	}
	if seen < 8 {
		t.Errorf("Tab reaches %d places only", seen)
	}
}

func TestKeyboard_enterOpensEscClosesFocusReturns(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	b.do("open the panel", chromedp.Navigate(w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)),
		chromedp.WaitVisible(`[data-view="people"] .row-name`, chromedp.ByQuery))

	b.tabTo(".row-name")
	b.press(kb.Enter)
	b.until(`!!document.querySelector('[data-view="deal"]') && document.activeElement.matches('[data-focus]')`, "the deal is open and has the focus")
	b.tabTo("#comment")
	b.do("write", chromedp.KeyEvent("By keyboard alone"))
	b.press(kb.Enter, input.ModifierCtrl)
	b.until(`[...document.querySelectorAll('.item.said')].some(i => i.textContent.includes('By keyboard alone'))`, "the comment is in the feed")
	b.until(`document.activeElement.id === 'comment'`, "the focus stays in the comment")
	b.press(kb.Escape)
	b.until(`!!document.querySelector('[data-view="people"]')`, "Esc closes the deal")
	b.until(`document.activeElement.matches('.row-name')`, "the focus is back on the deal")

	b.tabTo(`a[href$="/deals/new"], a[href*="/deals/new?"]`)
	b.press(kb.Enter)
	b.until(`!!document.querySelector('[data-view="deal-form"]')`, "the form is open")
	b.press(kb.Escape)
	b.until(`!!document.querySelector('[data-view="people"]') || document.activeElement === document.body`, "Esc leaves the field or the form")
	b.press(kb.Escape)
	b.until(`!!document.querySelector('[data-view="people"]')`, "Esc closes the form")

	b.do("to the top", chromedp.Evaluate(`document.activeElement.blur()`, nil))
	b.tabTo(`a[href$="/search"]`)
	b.press(kb.Enter)
	b.until(`document.activeElement.id === 'q'`, "the search field has the focus")
	b.do("type", chromedp.KeyEvent("Соколова"))
	b.press(kb.Enter)
	b.until(`!!document.querySelector('[data-view="search"] .person')`, "Enter searches")
}
