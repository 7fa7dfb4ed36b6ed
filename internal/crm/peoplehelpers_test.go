package crm

import (
	"testing"

	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

func (f *fixture) people(t *testing.T, c helpdesk.Client) People {
	t.Helper()
	p, err := f.People(t.Context(), c)
	if err != nil {
		t.Fatalf("people: %v", err)
	}
	return p
}

func ids(people []Person) []int64 {
	var out []int64
	for _, p := range people {
		out = append(out, p.ID)
	}
	return out
}

func dealIDs(deals []Deal) []int64 {
	var out []int64
	for _, d := range deals {
		out = append(out, d.ID)
	}
	return out
}

// keys are the names of all keys.
func (f *fixture) keys(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := f.DB().Walk(t.Context(), "*", func(keys []string) error {
		for _, key := range keys {
			out[key] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// firmOf gives the company that a contact of the CRM stands in, 0 for none.
func firmOf(f *fixture, contact int64) (firm int64) {
	f.crm.Set(func(c *fake.CRM) {
		links, _ := c.Contacts[contact]["_embedded"].(map[string]any)["companies"].([]any)
		for _, l := range links {
			firm = l.(map[string]any)["id"].(int64)
		}
	})
	return firm
}
