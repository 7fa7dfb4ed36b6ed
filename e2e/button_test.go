package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// Without a configured integration the login goes through amoCRM's own button, which makes one for this account.
func TestWalk_loginByAmoCRMsButton(t *testing.T) {
	t.Parallel()
	w := world(t, 1, "AMO_CLIENT_ID=", "AMO_CLIENT_SECRET=")
	b := newBrowser(t)
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	b.do("open the login page", chromedp.Navigate(panel+"/login"), chromedp.WaitVisible(`.amo-button button`, chromedp.ByQuery))
	b.picture("1-button")
	b.popup(func() {
		b.do("press amoCRM's button", chromedp.Click(`.amo-button button`, chromedp.ByQuery))
	}, (*browser).allow)
	b.do("open the ticket", chromedp.Navigate(fmt.Sprintf("%s/tickets/%d", w.Desk, w.Ticket("known_one_deal"))))
	b.see(`[data-view="people"]`)
	var info struct {
		Integrations []struct {
			ID       string `json:"id"`
			External bool   `json:"external"`
		} `json:"integrations"`
	}
	w.GetJSON(w.Amo+"/_sandbox/info", &info)
	var own []string
	for _, i := range info.Integrations {
		if i.External {
			own = append(own, i.ID)
		}
	}
	if len(own) != 1 {
		t.Fatalf("the button made integrations %v, want one", own)
	}
	// A rule of this tenant names the integration that was made for it.
	o := w.fire(w.Replicas[0], w.SeedRule(w.Ticket("known_one_deal"), map[string]any{"amoClientId": own[0]}), "Prefer", "wait=20")
	if o.LeadID == 0 {
		t.Errorf("the rule made no lead: %+v", o)
	}
}
