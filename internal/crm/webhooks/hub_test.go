package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/store"
)

type noGrants struct{}

func (noGrants) Auth(string) amocrm.Auth { return nobody{} }

// told opens the tenant's account as the program does, which is who tells of changes.
func told(t *testing.T, w *house, tenantID string) *crm.Account {
	t.Helper()
	b := crm.New(crm.Deps{DB: w.s.DB, Cache: store.NewCache(w.s.DB), Tenants: w.dir, Grants: noGrants{}})
	a, err := b.Open(t.Context(), tenantID, store.Interactive)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func next(t *testing.T, c <-chan crm.Change) crm.Change {
	t.Helper()
	select {
	case got := <-c:
		return got
	case <-time.After(time.Minute):
		t.Fatal("no change arrived")
	}
	return crm.Change{}
}

// listen gives the changes that h tells of.
func listen(t *testing.T, h *Hub, tenantID string) (changes <-chan crm.Change, stop func()) {
	t.Helper()
	c := make(chan crm.Change, 8)
	stop, err := h.Listen(t.Context(), tenantID, func(got crm.Change) { c <- got })
	if err != nil {
		t.Fatal(err)
	}
	return c, stop
}

func TestHub_handsChangesToTheListenersOfTheTenant(t *testing.T) {
	w := newHouse(t)
	other := w.connect("https://other.amocrm.ru", "other token")
	one, two := NewHub(w.s.DB, slog.New(slog.DiscardHandler)), NewHub(w.s.DB, slog.New(slog.DiscardHandler)) // two replicas
	t.Cleanup(one.Close)
	t.Cleanup(two.Close)
	var here []<-chan crm.Change
	for _, h := range []*Hub{one, one, two} {
		c, stop := listen(t, h, w.tenant)
		t.Cleanup(stop)
		here = append(here, c)
	}
	there, stop := listen(t, one, other)
	change := crm.Change{Deals: []int64{5}, Contacts: []int64{6}}
	if err := told(t, w, w.tenant).Changed(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	for _, c := range here {
		if diff := cmp.Diff(change, next(t, c), cmpopts.IgnoreFields(crm.Change{}, "At")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	if err := told(t, w, other).Changed(t.Context(), crm.Change{Deals: []int64{7}}); err != nil {
		t.Fatal(err)
	}
	if got := next(t, there); len(got.Deals) != 1 || got.Deals[0] != 7 { // nothing of the first tenant came before it
		t.Errorf("another tenant's listener got %+v", got)
	}
	stop()
	stop()
}

func TestHub_listensAgainAfterTheLastOneLeft(t *testing.T) {
	w := newHouse(t)
	h := NewHub(w.s.DB, slog.New(slog.DiscardHandler))
	t.Cleanup(h.Close)
	for range 3 {
		c, stop := listen(t, h, w.tenant)
		if err := told(t, w, w.tenant).Changed(t.Context(), crm.Change{Deals: []int64{5}}); err != nil {
			t.Fatal(err)
		}
		next(t, c)
		stop()
	}
}

func TestHub_sinceGivesWhatWasMissedWithItsWriter(t *testing.T) {
	w := newHouse(t)
	h := NewHub(w.s.DB, slog.New(slog.DiscardHandler))
	t.Cleanup(h.Close)
	a := told(t, w, w.tenant)
	start := time.Now().Add(-time.Second)
	for _, c := range []crm.Change{{Deals: []int64{5}}, {By: "me", Contacts: []int64{6}}} {
		if err := a.Changed(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.Since(t.Context(), w.tenant, start)
	if err != nil {
		t.Fatal(err)
	}
	want := []crm.Change{{Deals: []int64{5}}, {By: "me", Contacts: []int64{6}}}
	byWriter := cmpopts.SortSlices(func(x, y crm.Change) bool { return x.By < y.By })
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(crm.Change{}, "At"), byWriter); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, err = h.Since(t.Context(), w.tenant, time.Now().Add(time.Second)); err != nil || len(got) != 0 {
		t.Errorf("after the last change: %v, %v", got, err)
	}
}

type nobody struct{}

func (nobody) Token(context.Context, string) (string, error) { return "", errors.New("no login here") }
