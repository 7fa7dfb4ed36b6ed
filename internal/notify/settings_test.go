package notify

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/store"
)

func TestSettings_areKeptSealed(t *testing.T) {
	h := newHouse(t)
	want := Settings{Language: "ru", Emails: []string{"boss@example.com"}, ChatID: "-100123", BotToken: "123456:bot-token",
		WebhookURL: "https://example.com/hook", WebhookSecret: "whs_secret"}
	h.choose(h.tenant, want)
	tn, err := h.dir.Get(t.Context(), h.tenant)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, Of(tn)); diff != "" {
		t.Error(diff)
	}
	raw, err := h.redis.Get(store.Key(h.tenant, "tenant"))
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %v", Of(tn), Of(tn), Of(tn), Section{}.Shown(tn))
	for _, secret := range []string{"bot-token", "/hook", "whs_secret"} {
		if strings.Contains(raw, secret) || strings.Contains(raw, "boss@") {
			t.Errorf("Redis holds %q in clear", secret)
		}
		if strings.Contains(printed, secret) {
			t.Errorf("printing shows %q", secret)
		}
	}
	h.choose(h.tenant, Settings{Language: "ru"})
	if tn, err = h.dir.Get(t.Context(), h.tenant); err != nil || !cmp.Equal(Of(tn), Settings{}) {
		t.Errorf("after nobody was to be told: %#v, %v", Of(tn), err)
	}
}
