package tenant

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sidecard/sidecard/internal/store"
)

func TestOpen_sameCredentialSameTenant(t *testing.T) {
	d, _ := setup(t)
	first := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token", DeskBase: "https://api.example.com"})
	again := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token", DeskBase: "https://api.example.com"})
	if diff := cmp.Diff(first, again, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }), cmpopts.IgnoreUnexported(Tenant{})); diff != "" {
		t.Errorf("the second opening differs:\n%s", diff)
	}
	if !strings.HasPrefix(first.TriggerKey, "sk_") || len(first.TriggerKey) != 3+32 {
		t.Errorf("trigger key %q", first.TriggerKey)
	}
	if first.V != schema || first.AmoBase != base || first.DeskToken != "desk-token" || first.DeskBase != "https://api.example.com" ||
		first.CreatedAt.IsZero() || !first.ConnectedAt.IsZero() {
		t.Errorf("%+v, token %q", struct{ Tenant }{first}, first.DeskToken)
	}
}

func TestOpen_otherCredentialsOpenOtherTenants(t *testing.T) {
	d, _ := setup(t)
	seen := map[string]Credential{}
	for _, c := range []Credential{
		{AmoBase: base, DeskToken: "a"},
		{AmoBase: base, DeskToken: "b"},
		{AmoBase: base, Secret: "a"},
		{AmoBase: base, Secret: "c", DeskToken: "a"},
		{AmoBase: "https://other.amocrm.ru", DeskToken: "a"},
	} {
		id := open(t, d, c).ID
		if other, ok := seen[id]; ok {
			t.Errorf("%+v opens the tenant of %+v", c, other)
		}
		seen[id] = c
	}
}

func TestOpen_withoutACredential(t *testing.T) {
	d, server := setup(t)
	for _, c := range []Credential{{}, {AmoBase: base}, {DeskToken: "a"}, {AmoBase: base, DeskBase: "https://api.example.com"}} {
		if _, err := d.Open(t.Context(), c); !errors.Is(err, ErrNoCredential) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if keys := server.Keys(); len(keys) != 0 {
		t.Errorf("stored nevertheless: %v", keys)
	}
}

func TestOpen_manyAtOnceMakeOneTenant(t *testing.T) {
	server := miniredis.RunT(t)
	ring, _ := store.NewRing()
	replicas := []*Directory{on(t, server, ring), on(t, server, ring), on(t, server, ring)}
	ids := make([]string, 50)
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() {
			got, err := replicas[i%3].Open(t.Context(), Credential{AmoBase: base, DeskToken: "a"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = got.ID
		})
	}
	wait.Wait()
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 1 {
		t.Errorf("%d tenants", len(ids))
	}
	if keys := server.Keys(); len(keys) != 3 {
		t.Errorf("losers left something behind: %v, want one tenant, one credential, one trigger key", keys)
	}
}

func TestOpen_secretKeepsTheTenantWhenTheTokenChanges(t *testing.T) {
	d, _ := setup(t)
	first := open(t, d, Credential{AmoBase: base, Secret: "s", DeskToken: "old", DeskBase: "https://old.example.com"})
	for _, step := range []struct{ give, want Credential }{
		{Credential{AmoBase: base, Secret: "s"}, Credential{DeskToken: "old", DeskBase: "https://old.example.com"}},
		{Credential{AmoBase: base, Secret: "s", DeskBase: "https://evil.example.com"}, Credential{DeskToken: "old", DeskBase: "https://old.example.com"}},
		{Credential{AmoBase: base, Secret: "s", DeskToken: "new", DeskBase: "https://new.example.com"}, Credential{DeskToken: "new", DeskBase: "https://new.example.com"}},
	} {
		got := open(t, d, step.give)
		if got.ID != first.ID || got.DeskToken != step.want.DeskToken || got.DeskBase != step.want.DeskBase {
			t.Errorf("%+v: token %q at %q of %s", step.give, got.DeskToken, got.DeskBase, got.ID)
		}
		stored, err := d.Get(t.Context(), first.ID)
		if err != nil || stored.DeskToken != step.want.DeskToken {
			t.Errorf("stored token %q, %v", stored.DeskToken, err)
		}
	}
}

func TestOpen_unseenTenantsExpireConnectedOnesDoNot(t *testing.T) {
	d, server := setup(t)
	ctx := t.Context()
	strange := open(t, d, Credential{AmoBase: base, DeskToken: "strange"})
	seen := open(t, d, Credential{AmoBase: base, DeskToken: "seen"})
	customer := open(t, d, Credential{AmoBase: base, DeskToken: "customer"})
	connect(t, d, customer.ID)
	for range 80 { // changes every half day must not hide from the indexes that they have to be kept too
		server.FastForward(12 * time.Hour)
		if got := open(t, d, Credential{AmoBase: base, DeskToken: "seen"}); got.ID != seen.ID {
			t.Fatal("a tenant that is seen every day has changed")
		}
		if _, err := d.Update(ctx, seen.ID, func(t *Tenant) error { t.Settings.Region = "KZ"; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Get(ctx, strange.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the unseen one: %v", err)
	}
	if got := open(t, d, Credential{AmoBase: base, DeskToken: "strange"}); got.ID == strange.ID {
		t.Error("the unseen one is back")
	}
	if got := open(t, d, Credential{AmoBase: base, DeskToken: "customer"}); got.ID != customer.ID {
		t.Error("the connected one has changed")
	}
	if got, err := d.ByTriggerKey(ctx, customer.TriggerKey); err != nil || got.ID != customer.ID {
		t.Errorf("the connected one's trigger key: %v, %v", got, err)
	}
}

func TestOpen_survivesAnIndexWithoutATenant(t *testing.T) {
	d, server := setup(t)
	old := open(t, d, Credential{AmoBase: base, DeskToken: "a"})
	server.Del(recordKey(old.ID))
	if got := open(t, d, Credential{AmoBase: base, DeskToken: "a"}); got.ID == old.ID {
		t.Error("a tenant that is gone was opened")
	}
}

func TestOpen_afterTheSealKeysWereRotated(t *testing.T) {
	server := miniredis.RunT(t)
	_, oldSpec := store.NewRing()
	_, newSpec := store.NewRing()
	ring := func(spec string) *store.Ring {
		r, err := store.ParseRing(spec)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before := open(t, on(t, server, ring(oldSpec)), Credential{AmoBase: base, DeskToken: "a"})
	both := on(t, server, ring(newSpec+","+oldSpec))
	connect(t, both, before.ID)
	if got, err := both.ByTriggerKey(t.Context(), before.TriggerKey); err != nil || got.ID != before.ID {
		t.Errorf("trigger key of old: %v, %v", got, err)
	}
	if got := open(t, both, Credential{AmoBase: base, DeskToken: "a"}); got.ID != before.ID {
		t.Fatal("rotation makes another tenant")
	}
	only := on(t, server, ring(newSpec)) // the old key is taken away after everybody has been seen
	if got := open(t, only, Credential{AmoBase: base, DeskToken: "a"}); got.ID != before.ID || got.DeskToken != "a" {
		t.Error("with the new key alone it is another tenant")
	}
	if got, err := only.ByTriggerKey(t.Context(), before.TriggerKey); err != nil || got.ID != before.ID {
		t.Errorf("trigger key with the new key alone: %v, %v", got, err)
	}
}
