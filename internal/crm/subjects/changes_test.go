package subjects

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/store"
)

func TestChanged_onlyWhatItNamesIsReadAgain(t *testing.T) {
	for name, c := range map[string]struct {
		change crm.Change
		card   bool // the card of the client is read again
		deal   bool
	}{
		"a deal of the card":     {crm.Change{Deals: []int64{21}}, true, true},
		"the contact":            {crm.Change{Contacts: []int64{11}}, true, false},
		"somebody else":          {crm.Change{Deals: []int64{99}, Contacts: []int64{98}}, false, false},
		"our own echo":           {crm.Change{By: "me", Deals: []int64{21}, Contacts: []int64{11}}, false, false},
		"nothing":                {crm.Change{}, false, false},
		"a contact's id as deal": {crm.Change{Deals: []int64{11}, Contacts: []int64{21}}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			b, amo, id := crmtest.Accounts(t)
			amo.AddContact(11, "Anna", "+79995550123", "", 21)
			read := func() (card, deal int) {
				t.Helper()
				a, err := b.Open(t.Context(), id, store.Interactive)
				if err != nil {
					t.Fatal(err)
				}
				amo.Reset()
				if p, err := Of(a).People(t.Context(), crmtest.Anna); err != nil || p.Stale || !cmp.Equal(ids(p.Contacts), []int64{11}) {
					t.Fatalf("%v, %v, stale %v", ids(p.Contacts), err, p.Stale)
				}
				card = len(amo.Calls())
				amo.Reset()
				if d, err := Of(a).Deal(t.Context(), 21); err != nil || d.Stale {
					t.Fatal(err)
				}
				return card, len(amo.Calls())
			}
			read()
			if card, deal := read(); card+deal != 0 {
				t.Fatalf("warm: %d and %d calls", card, deal)
			}
			a, err := b.Open(t.Context(), id, store.Background)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Changed(t.Context(), c.change); err != nil {
				t.Fatal(err)
			}
			card, deal := read()
			if (card > 0) != c.card || (deal > 0) != c.deal {
				t.Errorf("%d calls for the card, %d for the deal", card, deal)
			}
			if card, deal := read(); card+deal != 0 {
				t.Errorf("once more: %d and %d calls", card, deal)
			}
		})
	}
}
