package companies

import (
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/store"
)

// rotating gives the fixture a Redis in three states of a rotation of the seal keys: the old key alone, both with the new
// one in front, the new one alone.
func (f *fixture) rotating(t *testing.T) [3]*store.DB {
	t.Helper()
	m := miniredis.RunT(t)
	_, old := store.NewRing()
	_, young := store.NewRing()
	var dbs [3]*store.DB
	for i, spec := range []string{old, young + "," + old, young} {
		ring, err := store.ParseRing(spec)
		if err != nil {
			t.Fatal(err)
		}
		if dbs[i], err = store.Open(t.Context(), store.Options{URL: "redis://" + m.Addr(), Ring: ring}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := dbs[i].Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return dbs
}

// on opens the account on another database.
func (f *fixture) on(db *store.DB) {
	f.Account = crm.NewAccount(crm.Deps{DB: db, Cache: f.Cache()}, f.Tenant(), f.API())
	f.subject = New(f.Account)
}

// What was noted before a rotation of the seal keys is found for as long as the old key stays in the ring. That is why it
// has to stay a day: these fingerprints can't be made anew.
func TestRotation_notesOfTheOldKeyAreFoundWhileItIsThere(t *testing.T) {
	f := setup(t)
	dbs := f.rotating(t)
	const firm = 99
	f.CRM.Set(func(c *fake.CRM) {
		c.Companies[firm] = map[string]any{"id": firm, "name": "Fresh"}
		c.Hidden[firm] = true
	})
	f.on(dbs[0])
	if err := f.Memory().RememberCompany(t.Context(), "Fresh", firm); err != nil {
		t.Fatal(err)
	}
	key, _, err := f.Writes().Unfinished(t.Context(), []string{"deal", "Fresh"})
	if err == nil {
		err = f.DB().Set(t.Context(), key, 1_700_000_000_000, crm.LookWindow).Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, found := range []bool{true, true, false} {
		f.on(dbs[i])
		if id, err := f.companyNamed(t.Context(), "Fresh"); err != nil || (id == firm) != found {
			t.Errorf("ring %d: company %d, %v", i, id, err)
		}
		if _, began, err := f.Writes().Unfinished(t.Context(), []string{"deal", "Fresh"}); err != nil || (began != 0) != found {
			t.Errorf("ring %d: a write of %d in doubt, %v", i, began, err)
		}
	}
}
