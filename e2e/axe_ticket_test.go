package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// withAxe puts axe-core into every page and frame that the tab opens from now on. The block's frame is of another origin than
// the helpdesk's page, and axe leaves such frames out unless it is told to trust them.
func (b *browser) withAxe() {
	b.t.Helper()
	source, err := installAxe()
	if err != nil {
		b.t.Fatal(err)
	}
	b.do("load axe into every frame", page.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(source + `;axe.configure({allowedOrigins: ["<unsafe_all_origins>"]});`).Do(ctx)
		return err
	}))
}

// findings runs axe-core on the block as the ticket shows it, with what its frame holds.
func (b *browser) findings(name string) (raw string) {
	b.t.Helper()
	b.do("audit "+name, chromedp.Evaluate(strings.Replace(runAxe, "axe.run(document,", `axe.run({include: [[".dynamic-block"]]},`, 1), &raw,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return raw
}

// auditBlock reports what is serious in the block, by day and by night.
func (b *browser) auditBlock(name string) {
	b.t.Helper()
	for _, theme := range []string{"dark", "light"} {
		b.do("turn "+theme, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}})) // a colour on its way to another is neither
		b.judge(name+", "+theme, b.findings(name))
	}
}

// The ticket card as the helpdesk shows it, before and after the login, through every view that an agent opens in it.
func TestAccessibility_ticketCard(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	b := newBrowser(t)
	b.withAxe()
	ticket := func(scenario string) {
		t.Helper()
		b.do("open the ticket", chromedp.Navigate(fmt.Sprintf("%s/tickets/%d", w.Desk, w.Ticket(scenario))))
	}
	view := func(name string) { t.Helper(); b.see(fmt.Sprintf(`[data-view=%q]`, name)) }

	ticket("known_one_deal")
	view("login")
	b.auditBlock("login")
	w.Login(w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil))

	for _, scenario := range []string{"unknown_client", "messenger_only", "two_emails_two_contacts", "known_one_deal"} {
		ticket(scenario)
		view("people")
		b.auditBlock("people, " + scenario)
	}
	steps := []struct {
		name    string
		actions func()
	}{
		{"deal card", func() { b.click(`.row-name`); view("deal"); b.see(`#feed-list .item`) }},
		{"amount in change", func() { b.click(`#edit-amount`); b.see(`#row-amount input[name="price"]`) }},
		{"stage in change", func() { b.click(`#edit-stage`); b.see(`.stages`) }},
		{"new task", func() { b.click(`#task-new`); b.see(`[name=task_text]`) }},
		{"fields of the card", func() { b.click(`a[href*="/layout/card"]`); view("layout") }},
		{"fields of the list", func() { ticket("two_pipelines"); view("people"); b.click(`.deals-head .gear`); view("layout") }},
		{"create deal", func() { b.click(`[data-esc]`); view("people"); b.click(`a[href*="/deals/new"]`); view("deal-form") }},
		{"create deal, more fields", func() { b.click(`#more-fields > summary`); b.see(`#more-fields[open]`) }},
		{"create deal, refused", func() {
			b.enter(`#name`, " ")
			b.click(`.button.primary`)
			b.see(`#name[aria-invalid="true"]`)
		}},
		{"new contact", func() {
			b.click(`[data-esc]`)
			view("people")
			b.click(`a[href$="/contacts/new"]`)
			view("contact-form")
		}},
		{"search", func() {
			b.click(`[data-esc]`)
			view("people")
			b.click(`header a[href$="/search"]`)
			view("search")
			b.enter(`#q`, "Brooks")
			b.click(`[data-view=search] button[type=submit]`)
			b.see(`[data-view=search] .person`)
		}},
		{"settings", func() {
			b.click(`[data-esc]`)
			view("people")
			b.click(`header a[href$="/settings"]`)
			view("settings")
		}},
		{"rule", func() { b.click(`a[href$="/rule"]`); view("rule") }},
	}
	for _, s := range steps {
		s.actions()
		b.auditBlock(s.name)
	}

	// All of this proves something only if the frame is looked into.
	b.inPanel("put a picture without words into the panel", func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.QueryAfter(`#panel`, on(`function () { this.append(document.createElement("img")); }`), chromedp.ByQuery, in)}
	})
	if raw := b.findings("spoilt"); !strings.Contains(raw, `"image-alt"`) {
		t.Errorf("a picture without words in the panel is not found: %s", raw)
	}
}
