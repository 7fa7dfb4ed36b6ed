package amocrm

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/i18n"
)

func TestNewKey_oneForADoubleClickAndShownWithTheEndOfTheOldOne(t *testing.T) {
	w := newFixture(t)
	w.crm.meta = sampleMeta()
	base := w.session(i18n.EN, sampleTicket())
	w.contains(w.get(base+"/rule?wait=1"), `action="`+base+`/rule/key"`, "New key", "for another 24 hours", "sk_example")
	form := url.Values{"token": {session.NewID()}}
	for range 2 {
		rec := w.post(base+"/rule/key", form, false)
		if to := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || to != base+"/rule?done=key" {
			t.Fatalf("%d to %q\n%s", rec.Code, to, rec.Body)
		}
	}
	if w.tenants.keys != 1 {
		t.Errorf("%d keys made by a double click, want 1", w.tenants.keys)
	}
	page := w.get(base + "/rule?done=key&wait=1")
	w.contains(page, "sk_example-2", "has the new key", "The former key works until Nov 22, 15:00", "ends the former one at once")
	if strings.Contains(page.Body.String(), "sk_former") {
		t.Error("the page shows the former key")
	}
}

func TestNewKey_withoutAFormAndWithoutRedis(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.post(base+"/rule/key", url.Values{}, false)
	w.post(base+"/rule/key", url.Values{"token": {"short"}}, false)
	if w.tenants.keys != 0 {
		t.Errorf("%d keys made without a form's token", w.tenants.keys)
	}
	w.tenants.updateErr = errors.New("no Redis")
	form := url.Values{"token": {session.NewID()}}
	if rec := w.post(base+"/rule/key", form, false); rec.Code == http.StatusSeeOther {
		t.Errorf("a failed change looks done: %d %s", rec.Code, rec.Header().Get("Location"))
	}
	w.tenants.updateErr = nil
	w.post(base+"/rule/key", form, false)
	if w.tenants.keys != 1 {
		t.Errorf("%d keys after the same form was sent again, want 1", w.tenants.keys)
	}
}
