package worker

import (
	"testing"

	"github.com/sidecard/sidecard/internal/store"
)

// The marks of writes in doubt are fingerprints, which can't be made anew when the seal key is changed: they are understood
// with any key of the ring, by replicas before the change and after it, until the old key is taken out.
func TestRotation_markIsUnderstoodWithAnyKeyOfTheRing(t *testing.T) {
	_, old := store.NewRing()
	_, young := store.NewRing()
	with := func(spec string) *batch {
		ring, err := store.ParseRing(spec)
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), store.Options{URL: "memory:", Ring: ring})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return &batch{Worker: &Worker{deps: &Deps{DB: db}}}
	}
	alone, behind, front, after := with(old), with(old+","+young), with(young+","+old), with(young)
	for name, c := range map[string]struct {
		by, to *batch
		want   bool
	}{
		"by the old key, the new one is behind":      {alone, behind, true},
		"by the old key, the new one is in front":    {behind, front, true},
		"by the new key, another replica is not yet": {front, behind, true},
		"by the new key, which is left":              {front, after, true},
		"by the old key, which was taken out":        {alone, after, false},
	} {
		if got := c.to.hasMark("Deal", c.by.fingerprint("Deal")); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if c.to.hasMark("Another deal", c.by.fingerprint("Deal")) {
			t.Errorf("%s: every text is the marked one", name)
		}
	}
}
