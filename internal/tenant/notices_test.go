package tenant

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNotices_areKeptSealed(t *testing.T) {
	d, server := setup(t)
	tn := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token"})
	want := Notices{Language: "ru", Emails: []string{"boss@example.com"}, ChatID: "-100123", BotToken: "123456:bot-token",
		WebhookURL: "https://example.com/hook", WebhookSecret: "whs_secret"}
	if _, err := d.Update(t.Context(), tn.ID, func(t *Tenant) error { t.Notices = want; return nil }); err != nil {
		t.Fatal(err)
	}
	got, err := d.Get(t.Context(), tn.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Notices); diff != "" {
		t.Error(diff)
	}
	raw, err := server.Get(recordKey(tn.ID))
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v", got.Notices, got.Notices, got.Notices)
	for _, secret := range []string{"boss@", "bot-token", "/hook", "whs_secret"} {
		if strings.Contains(raw, secret) {
			t.Errorf("Redis holds %q in clear", secret)
		}
		if strings.Contains(printed, secret) {
			t.Errorf("printing shows %q", secret)
		}
	}
	if _, err := d.Update(t.Context(), tn.ID, func(t *Tenant) error { t.Notices = Notices{Language: "ru"}; return nil }); err != nil {
		t.Fatal(err)
	}
	if got, err = d.Get(t.Context(), tn.ID); err != nil || !cmp.Equal(got.Notices, Notices{}) {
		t.Errorf("after nobody was to be told: %#v, %v", got.Notices, err)
	}
}
