package v4

import (
	"testing"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/seed"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestAPI_theWholeStorySeeds(t *testing.T) {
	const host = "one.test:8081"
	sc := scenario.Build()
	w := &world.World{}
	seed.Fill(w, sc, []string{host}, time.Unix(1772445600, 0))
	if len(w.Accounts) != len(sc.Accounts) || w.Accounts[0].Host != host {
		t.Fatalf("%d accounts, want %d; host %q", len(w.Accounts), len(sc.Accounts), w.Accounts[0].Host)
	}
	for i, a := range w.Accounts {
		in := sc.Accounts[i]
		if len(a.Contacts) != len(in.Contacts) || len(a.Leads) != len(in.Leads) || len(a.Notes) != len(in.Notes) || len(a.Tasks) != len(in.Tasks) {
			t.Errorf("account %d has %d contacts, %d leads, %d notes, %d tasks; its story %d, %d, %d, %d", a.ID, len(a.Contacts), len(a.Leads),
				len(a.Notes), len(a.Tasks), len(in.Contacts), len(in.Leads), len(in.Notes), len(in.Tasks))
		}
		for _, c := range in.Contacts {
			for _, phone := range c.Phones {
				if !newMatcher(phone).matches(&a.Contacts[c.ID].Base) {
					t.Errorf("contact %d is not found by its phone %s", c.ID, phone)
				}
			}
		}
		for _, e := range a.Events {
			if e.CreatedAt > 1772445600 {
				t.Errorf("event %s of %s %d is in the future", e.Type, e.Entity, e.EntityID)
			}
		}
		if a.Contacts[w.NextID+1] != nil || w.NextID < a.ID {
			t.Errorf("the next id %d is among the story's", w.NextID)
		}
	}
}
