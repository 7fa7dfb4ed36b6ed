package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// loggedIn is a browser on a ticket whose block is connected.
func loggedIn(t *testing.T, scenario string) (*suite, *browser) {
	w := world(t, 1)
	w.Login(w.Panel(w.Replicas[0], w.Ticket(scenario), nil))
	b := newBrowser(t)
	b.do("open the ticket", chromedp.Navigate(fmt.Sprintf("%s/tickets/%d", w.Desk, w.Ticket(scenario))),
		chromedp.Click(`button[name="language"][value="en"]`, chromedp.ByQuery))
	b.see(`[data-view="people"]`)
	return w, b
}

// attributes reads one attribute of all elements of the panel that a selector finds, in their order.
func (b *browser) attributes(selector, name string) []string {
	b.t.Helper()
	var found []map[string]string
	b.inPanel("read "+selector, func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.AttributesAll(selector, &found, chromedp.ByQueryAll, chromedp.AtLeast(0), in)}
	})
	var out []string
	for _, attributes := range found {
		out = append(out, attributes[name])
	}
	return out
}

// only leaves those fields of a choosing page ticked that are named; they keep the page's order.
func (b *browser) only(names ...string) {
	b.t.Helper()
	on := b.attributes(`input[name="field"][checked]`, "value")
	for _, id := range b.attributes(`input[name="field"]`, "value") {
		if slices.Contains(on, id) != slices.Contains(names, id) {
			b.click(`input[value="` + id + `"]`)
		}
	}
}

func TestChecklist20_gearOfTheListChoosesFieldsForTheWholeTeam(t *testing.T) {
	t.Parallel()
	w, b := loggedIn(t, "known_one_deal")
	b.click(`.deals-head .gear`)
	b.see(`[data-view="layout"][data-kind="list"]`)
	b.enter(`#q`, "produ")
	b.see(`#fields:not(:has(input[value="cf:1372537"])) input[value="cf:1372539"]`) // "Products" is left, "Channel" is not
	b.click(`input[value="cf:1372539"]`)
	b.click(`[data-view="layout"] .search button`)
	b.see(`#up-cf\:1372539`)
	b.see(`input[value="cf:1372539"][checked]`) // the server's answer, not only what the click has drawn
	before := b.attributes(`input[name="field"][checked]`, "value")
	if before[len(before)-1] != "cf:1372539" {
		t.Fatalf("a newly ticked field stands at %v", before)
	}
	b.click(`#up-cf\:1372539`)
	want := slices.Clone(before)
	want[len(want)-1], want[len(want)-2] = want[len(want)-2], want[len(want)-1]
	b.see(`li:nth-last-child(1 of .on) input[value="` + want[len(want)-1] + `"]`)
	b.picture("list")
	b.click(`[data-view="layout"] button.primary`)
	b.waitText("Saved.")

	// A new browser, as another agent of the company: lines 15 and 21 ask that it survives.
	other := newBrowser(t)
	other.do("open the ticket again", chromedp.Navigate(fmt.Sprintf("%s/tickets/%d", w.Desk, w.Ticket("known_one_deal"))))
	other.see(`.row .row-cells`)
	got := other.attributes(`.row:first-child .cell`, "data-field")
	if len(got) == 0 || !slices.IsSortedFunc(got, func(a, c string) int { return slices.Index(want, a) - slices.Index(want, c) }) {
		t.Errorf("the row shows %v, chosen was %v", got, want)
	}
	other.click(`.deals-head .gear`)
	other.see(`[data-view="layout"]`)
	if kept := other.attributes(`input[name="field"][checked]`, "value"); !slices.Equal(kept, want) {
		t.Errorf("the gear shows %v, saved was %v", kept, want)
	}
	other.click(`button[value="reset"]`)
	other.waitText("Saved.")
	other.see(`.row .row-sub`)
}

func TestChecklist23_gearOfTheCardChoosesItsFields(t *testing.T) {
	t.Parallel()
	w, b := loggedIn(t, "known_one_deal")
	b.click(`.row-name`)
	b.see(`[data-view="deal"]`)
	b.click(`a[href*="/layout/card"]`)
	b.see(`[data-view="layout"][data-kind="card"]`)
	b.only("responsible", "stage", "created")
	b.click(`#down-stage`)
	b.see(`.pick-row.on:first-child input[value="responsible"]`)
	b.click(`[data-view="layout"] button.primary`)
	b.see(`[data-view="deal"] [data-chosen]`)
	b.do("reload", chromedp.Navigate(fmt.Sprintf("%s/tickets/%d", w.Desk, w.Ticket("known_one_deal"))))
	b.see(`[data-view="deal"] [data-chosen]`)
	b.picture("card")
	if got := b.attributes(`[data-chosen] > [data-row]`, "data-row"); !slices.Equal(got, []string{"responsible", "stage", "created"}) {
		t.Errorf("the card shows %v", got)
	}
}

func TestMask_hiddenPhonesStayHiddenInPanelAndFloor(t *testing.T) {
	t.Parallel()
	w, b := loggedIn(t, "known_one_deal")
	dialled := b.attributes(`.facts a[href^="tel:"]`, "href")
	if len(dialled) == 0 {
		t.Fatal("the contact has no phone")
	}
	digits := strings.TrimPrefix(dialled[0], "tel:+")
	b.click(`header a[href$="/settings"]`)
	b.see(`[data-view="settings"]`)
	b.click(`#mask`)
	b.click(`[data-view="settings"] button.primary`)
	b.waitText("Saved.")
	b.picture("settings")
	b.click(`[data-esc]`)
	b.see(`[data-view="people"]`)
	b.waitText("•••")
	floor := w.Open(w.Replicas[0], w.BlockRequest(w.Ticket("known_one_deal"), map[string]any{"view": "html"}))
	for name, page := range map[string]string{"panel": b.text(), "floor": floor} {
		if !strings.Contains(page, "•••") || strings.Contains(onlyDigits(page), digits[len(digits)-10:]) {
			t.Errorf("the %s shows the whole phone or none:\n%s", name, page)
		}
	}
	b.see(`.facts:not(:has(a[href^="tel:"]))`) // a link would dial, and tell, the number
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case strings.ContainsRune(" ()-\u00a0", r):
			return -1
		}
		return '.'
	}, s)
}
