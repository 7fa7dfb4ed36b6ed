package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/sidecard/sidecard/e2e/rig"
)

// tooWide opens states of the storybook in frames of a width and names what a page shows outside its width, or cuts at an edge
// that hides the rest. A long value in a field of a form can be scrolled there, so it is neither.
const tooWide = `(async (addresses, px) => {
	const look = document => {
		const width = document.documentElement.clientWidth, found = [];
		if (width > px || !document.body.textContent.trim()) found.push("no page of that width");
		if (document.scrollingElement.scrollWidth > width) found.push("the page is " + document.scrollingElement.scrollWidth + " px wide");
		for (const e of document.querySelectorAll("body *")) {
			const box = e.getBoundingClientRect();
			if (!box.width || box.width <= 1 || e.closest(".sr, svg, pre, input, select, textarea")) continue;
			const what = e.tagName.toLowerCase() + "." + e.className + " “" + e.textContent.trim().slice(0, 40) + "”";
			if (box.right > width + 1 || box.left < -1) found.push(what + " reaches from " + Math.round(box.left) + " to " + Math.round(box.right));
			if (e.scrollWidth > e.clientWidth + 1 && !["visible", "clip"].includes(getComputedStyle(e).overflowX)) found.push(what + " is cut");
		}
		return found;
	};
	const all = [];
	for (let i = 0; i < addresses.length; i += 8) {
		all.push(...await Promise.all(addresses.slice(i, i + 8).map(async address => {
			const frame = document.createElement("iframe");
			frame.style.cssText = "border:0;height:700px;width:" + px + "px";
			frame.src = address;
			const loaded = new Promise(resolve => frame.onload = resolve);
			document.body.append(frame);
			await loaded;
			const found = look(frame.contentDocument);
			frame.remove();
			return found.map(f => address + ": " + f);
		})));
	}
	return all.flat();
})(%s, 258)`

func TestLook_noStateIsWiderThanTheNarrowestCard(t *testing.T) {
	t.Parallel()
	w := &suite{rig.Demo(t, t.TempDir(), nil)}
	b := newBrowser(t)
	b.do("open a page of the same origin that may hold frames", page.SetBypassCSP(true), chromedp.Navigate(w.Replicas[0]+"/healthz"))
	for _, lang := range []string{"en", "ru", "es", "pt", "uk", "uz"} {
		var addresses, found []string
		for _, name := range storyScenes(t, w, lang) {
			addresses = append(addresses, fmt.Sprintf("/storybook/frame?scene=%s&lang=%s&theme=light", name, lang))
		}
		list, err := json.Marshal(addresses)
		if err != nil {
			t.Fatal(err)
		}
		b.do("look at every state in "+lang, chromedp.Evaluate(fmt.Sprintf(tooWide, list), &found,
			func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		for _, f := range found {
			t.Errorf("at 258 px %s", f)
		}
	}
}

// A gear stands on a line of its own end, never on the words beside it.
func TestLook_gearCoversNoWords(t *testing.T) {
	t.Parallel()
	w := &suite{rig.Demo(t, t.TempDir(), nil)}
	b := newBrowser(t)
	const covered = `(() => {
		const gear = [...document.querySelectorAll(".gear")].find(e => e.getBoundingClientRect().width);
		const icon = gear.querySelector("svg").getBoundingClientRect();
		return [...document.querySelectorAll(".deals-title > *, .fold > summary > .meta")].filter(e => {
			const words = document.createRange();
			words.selectNodeContents(e);
			return [...words.getClientRects()].some(r => r.width && r.right > icon.left && r.left < icon.right && r.bottom > icon.top && r.top < icon.bottom);
		}).map(e => e.textContent);
	})()`
	for _, width := range []int64{258, 300, 420} {
		b.do("set the width", chromedp.EmulateViewport(width, 700))
		for _, scene := range []string{"one", "several"} {
			for _, lang := range []string{"en", "ru", "es", "uk"} {
				var found []string
				b.do("look at "+scene, chromedp.Navigate(fmt.Sprintf("%s/storybook/frame?scene=%s&lang=%s&theme=light", w.Replicas[0], scene, lang)),
					chromedp.Evaluate(covered, &found))
				if len(found) > 0 {
					t.Errorf("%s in %s at %d px: the gear covers %q", scene, lang, width, found)
				}
			}
		}
	}
}

func TestLook_movedFieldIsSavedBeforeAnyAnswer(t *testing.T) {
	t.Parallel()
	w, b := loggedIn(t, "known_one_deal")
	b.click(`.deals-head .gear`)
	b.see(`[data-view="layout"]`)
	want := b.attributes(`input[name="field"][checked]`, "value")
	if len(want) < 3 {
		t.Fatalf("the list shows %v", want)
	}
	const moveAndSave = `function () {
		this.querySelector(".pick-row.on:first-child button[value^='down:']").click();
		this.querySelector("button.primary").click();
	}`
	b.inPanel("move the first field down and save at once", func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.QueryAfter(`[data-view="layout"]`, on(moveAndSave), chromedp.NodeVisible, chromedp.ByQuery, in)}
	})
	b.waitText("Saved.")
	b.click(`.deals-head .gear`)
	b.see(`[data-view="layout"]`)
	want[0], want[1] = want[1], want[0]
	if got := b.attributes(`input[name="field"][checked]`, "value"); !slices.Equal(got, want) {
		t.Errorf("saved was %v, moved to %v", got, want)
	}
	if n := w.Stats().Total; n == 0 {
		t.Error("the walk never reached the local amoCRM")
	}
}

// With a CRM that takes its time the card says what it waits for, beside what was pressed, and the row that was changed
// has the focus again.
func TestLook_waitingHasWordsAndLeavesTheFocus(t *testing.T) {
	t.Parallel()
	w, b := loggedIn(t, "known_one_deal")
	b.click(`.row-name`)
	b.see(`[data-view="deal"]`)
	w.Fault(map[string]any{"latency_ms": 800})
	b.click(`#edit-amount`)
	b.see(`form[data-edit] #price`)
	b.enter(`#price`, "4321")
	b.click(`form[data-edit] button`)
	b.see(`#busy:not([hidden])`)
	b.waitText("4,321")
	b.see(`#busy[hidden] ~ #panel #edit-amount:focus`)
}
