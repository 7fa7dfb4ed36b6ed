package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The whole walk as an agent does it, in each language: open a ticket, log in, see the contacts, link one, create a
// deal, open it, comment, and find all of it in amoCRM.
func TestWalk_agentFromLoginToCommentInEveryLanguage(t *testing.T) {
	t.Parallel()
	for lang, words := range map[string]struct{ login, linked string }{
		"en": {"Log in to amoCRM", "Linked"},
		"es": {"amoCRM", ""},
		"pt": {"amoCRM", ""},
		"ru": {"amoCRM", ""},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			w := world(t, 1)
			b := newBrowser(t)
			deal, comment := "Walk "+lang+" Ω", "Hello from the ticket, "+lang+" ✓"

			b.do("open the ticket", chromedp.Navigate(fmt.Sprintf("%s/tickets/%d", w.Desk, w.Ticket("three_contacts_one_phone"))),
				chromedp.Click(fmt.Sprintf(`button[name="language"][value=%q]`, lang), chromedp.ByQuery))
			b.see(`[data-view="login"]`)
			b.waitText(words.login)
			b.picture("1-login")
			b.popup(func() { b.click(`[data-popup]`) }, (*browser).allow)

			b.see(`[data-view="people"]`)
			b.see(`article.person:nth-of-type(3)`)
			b.picture("2-people")
			b.click(`form[action$="/link"] button`)
			b.see(`form[action$="/unlink"]`)
			b.picture("3-linked")

			b.click(`a[href*="/deals/new"]`)
			b.see(`[data-view="deal-form"]`)
			b.enter(`#name`, deal)
			b.enter(`#price`, "1500")
			b.picture("4-form")
			b.click(`[data-view="deal-form"] button.primary`)
			b.waitText(deal)
			b.picture("5-created")

			b.click(`.row-name`)
			b.see(`[data-view="deal"]`)
			b.waitText(deal)
			b.enter(`#comment`, comment)
			b.click(`.compose button[type="submit"]`)
			b.waitText(comment) // it may be on its way still
			b.see(`#feed:not(:has(.pending)) .item.said`)
			b.picture("6-commented")

			if s := w.Stats(); s.Leads != 1 || s.Max > 7 { // before this test asks amoCRM itself
				t.Errorf("%d leads made, %d requests in a second", s.Leads, s.Max)
			}
			var leads struct {
				Embedded struct {
					Leads []lead `json:"leads"`
				} `json:"_embedded"`
			}
			w.crm("/api/v4/leads?order[created_at]=desc&limit=1", &leads)
			if len(leads.Embedded.Leads) != 1 || leads.Embedded.Leads[0].Name != deal || leads.Embedded.Leads[0].Price != 1500 {
				t.Fatalf("newest lead in amoCRM is %+v, want %q for 1500", leads.Embedded.Leads, deal)
			}
			var page string
			b.do("look into amoCRM", chromedp.Navigate(fmt.Sprintf("%s/leads/detail/%d", w.Amo, leads.Embedded.Leads[0].ID)),
				chromedp.Text("body", &page, chromedp.ByQuery))
			for _, want := range []string{deal, comment} {
				if !strings.Contains(page, want) {
					t.Errorf("amoCRM's page of the lead does not show %q:\n%s", want, page)
				}
			}
			b.picture("7-crm")
		})
	}
}
