package login

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/oauth"
)

func TestDecide_replaceKeepsTheOldTenant(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	old, _ := w.login("desk-old")
	fresh, r := w.login("desk-new")
	if r.Conflict == nil || r.Conflict.Others != 1 || r.TenantID != fresh.ID || r.AccountName != "Example" {
		t.Fatalf("%+v", r)
	}
	if _, err := w.grants.Grant(ctx, fresh.ID); !errors.Is(err, oauth.ErrNoGrant) {
		t.Errorf("connected before the decision: %v", err)
	}
	if dump := w.redis.Dump(); strings.Contains(dump, r.Conflict.Ticket) || strings.Contains(dump, "refresh-2") {
		t.Error("the waiting login lies in Redis in clear")
	}
	got, err := w.flow.Decide(ctx, r.Conflict.Ticket, true)
	if want := (Result{TenantID: old.ID, SessionID: "session-1", Lang: "pt", AccountName: "Example"}); err != nil || got != want {
		t.Fatalf("%+v, %v", got, err)
	}
	if now := w.tenant("desk-new"); now.ID != old.ID || now.TriggerKey != old.TriggerKey {
		t.Error("the new credential does not open the old tenant")
	}
	if now := w.tenant("desk-old"); now.ID == old.ID {
		t.Error("the old credential still opens it")
	}
	if g, err := w.grants.Grant(ctx, old.ID); err != nil || g.Refresh != "refresh-2" {
		t.Errorf("%v, %v; want the new login's grant", g, err)
	}
	if _, err := w.flow.Decide(ctx, r.Conflict.Ticket, true); !errors.Is(err, ErrTicket) {
		t.Errorf("a second time: %v", err)
	}
}

// What waits for the tenant that goes is taken along before it goes and once more after, for what came in between.
func TestDecide_replaceTakesAlongWhatWaits(t *testing.T) {
	w := newWorld(t)
	old, _ := w.login("desk-old")
	fresh, r := w.login("desk-new")
	var calls []string
	w.flow.carry = func(ctx context.Context, from, into string) (int, error) {
		_, err := w.dir.Get(ctx, from)
		calls = append(calls, fmt.Sprint(from == fresh.ID, into == old.ID, err == nil))
		return len(calls), nil
	}
	got, err := w.flow.Decide(t.Context(), r.Conflict.Ticket, true)
	if err != nil || got.TenantID != old.ID || got.Carried != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if want := []string{"true true true", "true true false"}; !slices.Equal(calls, want) {
		t.Errorf("taken along %q, want %q: before and after the tenant is gone", calls, want)
	}
}

func TestDecide_replaceLeavesTheTenantWhenWhatWaitsCantBeTaken(t *testing.T) {
	w := newWorld(t)
	w.login("desk-old")
	fresh, r := w.login("desk-new")
	w.flow.carry = func(context.Context, string, string) (int, error) { return 0, errors.New("redis is gone") }
	if _, err := w.flow.Decide(t.Context(), r.Conflict.Ticket, true); err == nil {
		t.Error("no error")
	}
	if now := w.tenant("desk-new"); now.ID != fresh.ID {
		t.Error("the credential leads elsewhere already: what waits is nobody's")
	}
}

// Two people sit before the same question. Once the tenant has a login of its own, its deals and links stay its own.
func TestDecide_replaceAfterSomebodyHasConnectedSeparately(t *testing.T) {
	w := newWorld(t)
	old, _ := w.login("desk-old")
	fresh, first := w.login("desk-new")
	_, second := w.login("desk-new")
	w.flow.carry = func(context.Context, string, string) (int, error) {
		t.Error("firings are taken from a tenant that sends them itself")
		return 0, nil
	}
	if _, err := w.flow.Decide(t.Context(), first.Conflict.Ticket, false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.flow.Decide(t.Context(), second.Conflict.Ticket, true); !errors.Is(err, ErrTicket) {
		t.Errorf("%v, want ErrTicket", err)
	}
	if w.tenant("desk-new").ID != fresh.ID || w.tenant("desk-old").ID != old.ID {
		t.Error("a tenant is gone")
	}
}

func TestDecide_separate(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	old, _ := w.login("desk-old")
	fresh, r := w.login("desk-new")
	got, err := w.flow.Decide(ctx, r.Conflict.Ticket, false)
	if err != nil || got.TenantID != fresh.ID {
		t.Fatalf("%+v, %v", got, err)
	}
	for id, refresh := range map[string]string{old.ID: "refresh-1", fresh.ID: "refresh-2"} {
		if g, err := w.grants.Grant(ctx, id); err != nil || g.Refresh != refresh {
			t.Errorf("%s: %v, %v", id, g, err)
		}
	}
	if _, again := w.login("desk-new"); again.Conflict != nil {
		t.Error("asked again at the next login")
	}
}

func TestDecide_tooLate(t *testing.T) {
	w := newWorld(t)
	w.login("desk-old")
	_, r := w.login("desk-new")
	w.redis.FastForward(loginTime)
	for _, ticket := range []string{r.Conflict.Ticket, "unknown", ""} {
		if _, err := w.flow.Decide(t.Context(), ticket, true); !errors.Is(err, ErrTicket) {
			t.Errorf("%q: %v", ticket, err)
		}
	}
}
