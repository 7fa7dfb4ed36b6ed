package login

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sidecard/sidecard/oauth"
)

func TestAdopt_livingGrantMovesAndIsSpentByOneOnly(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	old, _ := w.login("desk-old")
	fresh, r := w.login("desk-new")
	if _, err := w.flow.Decide(ctx, r.Conflict.Ticket, false); err != nil {
		t.Fatal(err)
	}
	if err := w.grants.Drop(ctx, old.ID, "revoked"); err != nil {
		t.Fatal(err)
	}
	var told []string
	w.grants.amo.cfg.Hooks.Connected = func(_ context.Context, id string) { told = append(told, id) }
	for range 2 { // twice is harmless
		if err := w.grants.Adopt(ctx, fresh.ID, old.ID); err != nil {
			t.Fatal(err)
		}
	}
	if g, err := w.grants.Grant(ctx, old.ID); err != nil || g.Refresh != "refresh-2" || g.Lost() {
		t.Errorf("the tenant's grant: %v, %v", g, err)
	}
	if g, err := w.grants.Grant(ctx, fresh.ID); err != nil || g.Refresh != "" || !g.Lost() {
		t.Errorf("the other's can still be refreshed: %v, %v", g, err)
	}
	if !slices.Equal(told, []string{old.ID}) {
		t.Errorf("told of logins of %v, want one of %s", told, old.ID)
	}
}

func TestAdopt_keepsALivingGrant(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	old, _ := w.login("desk-old")
	fresh, r := w.login("desk-new")
	if _, err := w.flow.Decide(ctx, r.Conflict.Ticket, false); err != nil {
		t.Fatal(err)
	}
	if err := w.grants.Adopt(ctx, fresh.ID, old.ID); err != nil {
		t.Fatal(err)
	}
	for id, refresh := range map[string]string{old.ID: "refresh-1", fresh.ID: "refresh-2"} {
		if g, err := w.grants.Grant(ctx, id); err != nil || g.Refresh != refresh || g.Lost() {
			t.Errorf("%s: %v, %v", id, g, err)
		}
	}
	if err := w.grants.Adopt(ctx, "nobody", old.ID); err != nil {
		t.Errorf("of a tenant without a grant: %v", err)
	}
}

func TestAdopt_refusesAnotherAccount(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	old, _ := w.login("desk-old")
	if err := w.grants.Drop(ctx, old.ID, "revoked"); err != nil {
		t.Fatal(err)
	}
	foreign := w.grant(time.Hour, func(g *oauth.Grant) { g.AccountID++ })
	if _, err := w.grants.Store(ctx, "other", foreign); err != nil {
		t.Fatal(err)
	}
	var account ErrAccount
	if err := w.grants.Adopt(ctx, "other", old.ID); !errors.As(err, &account) {
		t.Errorf("%v, want ErrAccount", err)
	}
	if g, err := w.grants.Grant(ctx, "other"); err != nil || g.Lost() {
		t.Errorf("the other's grant was touched: %v, %v", g, err)
	}
}
