package tenant

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/internal/store"
)

// rotating are the directories of replicas with the old key, with both, and with the new one only, on one Redis.
func rotating(t *testing.T) (old, both, young *Directory, server *miniredis.Miniredis) {
	t.Helper()
	server = miniredis.RunT(t)
	oldRing, oldSpec := store.NewRing()
	youngRing, youngSpec := store.NewRing()
	bothRing, err := store.ParseRing(youngSpec + "," + oldSpec)
	if err != nil {
		t.Fatal(err)
	}
	return on(t, server, oldRing), on(t, server, bothRing), on(t, server, youngRing), server
}

func reindex(t *testing.T, d *Directory, id string, change bool) Reindexed {
	t.Helper()
	got, err := d.Reindex(t.Context(), id, change)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReindex_tenantIsFoundWithoutTheOldKey(t *testing.T) {
	old, both, young, server := rotating(t)
	c := Credential{AmoBase: base, DeskToken: "desk-token"}
	was := open(t, old, c)
	connect(t, old, was.ID)
	turned, err := old.NewTriggerKey(t.Context(), was.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		change bool
		done   Reindexed
	}{
		{false, Reindexed{Changed: true, Lacking: true}}, {true, Reindexed{Changed: true, Lacking: true}},
		{true, Reindexed{}}, {false, Reindexed{}},
	} {
		if got := reindex(t, both, was.ID, want.change); got != want.done {
			t.Errorf("run %d: %+v, want %+v", i, got, want.done)
		}
	}
	// A replica that has not heard of the rotation yet must fail, not make a second tenant.
	if got, err := old.Open(t.Context(), c); err == nil {
		t.Errorf("a replica without the new key opened %s", got.ID)
	}
	if got := open(t, young, c); got.ID != was.ID {
		t.Errorf("the credential opens %s, want %s", got.ID, was.ID)
	}
	for name, key := range map[string]string{"present": turned.TriggerKey, "former": was.TriggerKey} {
		if got, err := young.ByTriggerKey(t.Context(), key); err != nil || got.ID != was.ID {
			t.Errorf("the %s trigger key opens %q, %v", name, got.ID, err)
		}
	}
	// Names of the key that is gone go with the next run.
	if got := reindex(t, young, was.ID, true); !got.Changed || got.Lacking {
		t.Errorf("after the old key is gone: %+v, want only something to drop", got)
	}
	var names int
	for _, key := range server.Keys() {
		if strings.HasPrefix(key, credentialKey("")) || strings.HasPrefix(key, triggerKey("")) {
			names++
		}
	}
	if names != 3 {
		t.Errorf("%d names are left, want one of the credential and one of each trigger key: %v", names, server.Keys())
	}
	server.FastForward(OldTriggerLife + time.Second)
	if _, err := young.ByTriggerKey(t.Context(), was.TriggerKey); !errors.Is(err, ErrNotFound) {
		t.Errorf("the former trigger key after its time: %v", err)
	}
}

func TestReindex_secretHasToBeSeenAgain(t *testing.T) {
	old, both, young, _ := rotating(t)
	c := Credential{AmoBase: base, DeskToken: "desk-token", Secret: "block-secret"}
	was := open(t, old, c)
	if got := reindex(t, both, was.ID, true); !got.Unseen {
		t.Errorf("before it is seen: %+v", got)
	}
	if got := open(t, both, c); got.ID != was.ID {
		t.Errorf("with both keys it opens %s, want %s", got.ID, was.ID)
	}
	if got := reindex(t, both, was.ID, true); got.Unseen {
		t.Errorf("after it was seen: %+v", got)
	}
	if got := open(t, young, c); got.ID != was.ID {
		t.Errorf("without the old key it opens %s, want %s", got.ID, was.ID)
	}
}

func TestAll_visitsTheUnconnectedToo(t *testing.T) {
	d, _ := setup(t)
	want := map[string]bool{}
	for _, token := range []string{"a", "b", "c"} {
		want[open(t, d, Credential{AmoBase: base, DeskToken: token}).ID] = true
	}
	connect(t, d, slices.Collect(maps.Keys(want))[0])
	got := map[string]bool{}
	if err := d.All(t.Context(), func(id string) error { got[id] = true; return nil }); err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, want %v, %v", got, want, err)
	}
}

func TestNewTriggerKey_oldOneWorksADay(t *testing.T) {
	d, server := setup(t)
	first := open(t, d, Credential{AmoBase: base, DeskToken: "a"})
	connect(t, d, first.ID)
	second, err := d.NewTriggerKey(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	if second.TriggerKey == first.TriggerKey || second.FormerKey(time.Now()) != first.TriggerKey {
		t.Fatalf("the keys are %q and %q", second.TriggerKey, second.OldTriggerKey)
	}
	works := func(what, key string, want bool) {
		t.Helper()
		got, err := d.ByTriggerKey(t.Context(), key)
		if want && (err != nil || got.ID != first.ID) || !want && !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %q, %v", what, got.ID, err)
		}
	}
	server.FastForward(OldTriggerLife - time.Minute)
	works("the old key within its day", first.TriggerKey, true)
	works("the new key", second.TriggerKey, true)
	server.FastForward(2 * time.Minute)
	works("the old key after its day", first.TriggerKey, false)
	works("the new key after the day", second.TriggerKey, true)

	third, err := d.NewTriggerKey(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	fourth, err := d.NewTriggerKey(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	works("the key before the last, replaced twice", second.TriggerKey, false)
	works("the last key but one", third.TriggerKey, true)
	works("the last key", fourth.TriggerKey, true)
}

func TestFormerKey_endsByTheClockToo(t *testing.T) {
	end := time.Now()
	x := Tenant{OldTriggerKey: "sk_old", OldTriggerEnd: end}
	if got := x.FormerKey(end.Add(-time.Second)); got != "sk_old" {
		t.Errorf("before the end: %q", got)
	}
	if got := x.FormerKey(end); got != "" {
		t.Errorf("at the end: %q", got)
	}
}
