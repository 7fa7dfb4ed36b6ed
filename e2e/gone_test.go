package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

func TestBadInput_deletedLinkedContactIsSearchedForAgain(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("three_contacts_one_phone"), nil)
	contact := contactOf(t, w, panel)
	res, err := http.PostForm(panel+"/link", url.Values{"contact": {contact}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if status, body := w.Post(w.Amo+"/_sandbox/delete", map[string]any{"entity": "contacts", "id": json.Number(contact)}); status >= 300 {
		t.Fatalf("delete: %d %s", status, body)
	}
	_, page := w.Get(http.DefaultClient, panel+"/people?wait=1&fresh=1")
	if strings.Contains(page, "/unlink") || strings.Contains(page, `value="`+contact+`"`) {
		t.Errorf("the deleted contact is still shown or linked:\n%s", page)
	}
	if !strings.Contains(strings.ToLower(page), "no longer") || strings.Count(page, `name="contact"`) != 2 {
		t.Errorf("the card does not say that the contact is gone and show the other two:\n%s", page)
	}
}

func TestLogin_disconnectedInAmoCRMIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	w.Post(w.Amo+"/_sandbox/revoke", map[string]any{"hook": true})
	rig.Eventually(t, limit, "the card asks to log in again", func() bool {
		_, page := w.Get(http.DefaultClient, panel)
		return strings.Contains(page, `data-view="login"`)
	})
	before := w.Stats().Total
	w.Get(http.DefaultClient, panel)
	if n := w.Stats().Total - before; n != 0 {
		t.Errorf("%d calls with a grant that is known to be gone", n)
	}
	w.Login(panel)
	if _, page := w.Get(http.DefaultClient, panel+"/people?wait=1"); !strings.Contains(page, `class="card person`) {
		t.Errorf("no contact after the new login:\n%s", page)
	}
}
