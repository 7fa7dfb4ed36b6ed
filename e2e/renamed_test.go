package e2e

import (
	"strings"
	"testing"
)

// A renamed account answers 401 under its former address, also to a refresh (amocrm.md §8.2). Then the login counts as lost,
// rules go on being accepted and wait, and nothing of it moves to another address by itself.
func TestSlow_amoCRMAccountRenamed(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	base, ticket, before := w.Replicas[0], w.Ticket("known_one_deal"), w.Stats()
	panel := w.Panel(base, ticket, nil)
	w.ask("the contacts before", "GET", panel+"/people?wait=1", nil, false)
	w.Fault(map[string]any{"status": 401, "account": w.Info.Accounts[0].ID})
	w.Post(w.Amo+"/_sandbox/expire", map[string]any{})
	o := w.fire(base, w.SeedRule(w.Ticket("unknown_client"), nil))
	w.state(base, o.ID, "held")
	if page := w.ask("the contacts", "GET", panel+"/people?wait=1&fresh=1", nil, false); !strings.Contains(page, "amoCRM needs a new login") ||
		!strings.Contains(page, "/contacts/detail/") {
		t.Errorf("the panel does not show the last data and ask for a login:\n%s", page)
	}
	moved := map[string]any{"amo_base_host": w.Info.Accounts[1].BaseURL}
	page := w.ask("the panel at the new address", "GET", w.Panel(base, ticket, moved)+"/people?wait=1", nil, false)
	if !strings.Contains(page, `data-view="login"`) || strings.Contains(page, "/contacts/detail/") {
		t.Errorf("the new address does not begin with a login of its own:\n%s", page)
	}
	w.state(base, o.ID, "held")
	w.created(before, 0, 0, 0)
}
