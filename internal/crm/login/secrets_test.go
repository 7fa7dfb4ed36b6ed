package login

import (
	"errors"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/oauth"
)

func TestSecrets_makeAPrivateIntegration(t *testing.T) {
	w := newWorld(t, private)
	ctx := t.Context()
	tn := w.tenant("desk-1")
	s, c := w.start(tn.ID)
	if err := w.flow.Secrets(ctx, "private-1", "private-secret-1", s.State); err != nil {
		t.Fatal(err)
	}
	if err := w.flow.Secrets(ctx, "evil", "evil-secret", s.State); err != nil {
		t.Fatal(err) // amoCRM may repeat itself; only the first counts
	}
	if dump := w.redis.Dump(); strings.Contains(dump, "private-secret-1") || strings.Contains(dump, s.State) || strings.Contains(dump, s.Binding) {
		t.Error("a secret of the login lies in Redis in clear")
	}
	c.ClientID = "private-1"
	if _, err := w.flow.Finish(ctx, c); err != nil {
		t.Fatal(err)
	}
	if got := w.crm.sent()[0]; got["client_id"] != "private-1" || got["client_secret"] != "private-secret-1" {
		t.Errorf("sent %v", got)
	}
	ids, err := w.dir.ByIntegration(ctx, "private-1")
	if err != nil || len(ids) != 1 || ids[0] != tn.ID {
		t.Errorf("by integration: %v, %v", ids, err)
	}
}

func TestSecrets_onlyForALoginUnderWay(t *testing.T) {
	w := newWorld(t, private)
	tn := w.tenant("desk-1")
	s, c := w.start(tn.ID)
	for name, err := range map[string]error{
		"unknown state": w.flow.Secrets(t.Context(), "id", "secret", "unknown"),
		"no state":      w.flow.Secrets(t.Context(), "id", "secret", ""),
		"no id":         w.flow.Secrets(t.Context(), "", "secret", s.State),
		"no secret":     w.flow.Secrets(t.Context(), "id", "", s.State),
		"too long":      w.flow.Secrets(t.Context(), "id", strings.Repeat("x", 5000), s.State),
	} {
		if !errors.Is(err, oauth.ErrState) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.ClientID = "private-1"
	if _, err := w.flow.Finish(t.Context(), c); !errors.Is(err, ErrSecrets) || w.crm.total() != 0 {
		t.Errorf("without keys: %v, %d requests", err, w.crm.total())
	}
	configured := newWorld(t)
	s, _ = configured.start(configured.tenant("desk-1").ID)
	if err := configured.flow.Secrets(t.Context(), "evil", "secret", s.State); !errors.Is(err, oauth.ErrState) {
		t.Errorf("with a configured integration: %v", err)
	}
}
