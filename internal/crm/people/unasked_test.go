package people

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// Without an index, amoCRM's search is asked for the first keys only: the others are named, so that nobody takes them for searched.
func TestPeople_namesWhatTheSearchWasNotAskedFor(t *testing.T) {
	f := setup(t)
	var c helpdesk.Client
	for i := range maxQueries + 2 {
		c.Phones = append(c.Phones, fmt.Sprintf("+7916000000%d", i))
		c.Emails = append(c.Emails, fmt.Sprintf("anna%d@example.com", i))
	}
	found, err := f.loadPeople(t.Context(), c, crm.Recalled{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(slices.Concat(c.Phones[maxQueries:], c.Emails[maxQueries:]), found.Unasked); d != "" {
		t.Error(d)
	}
}

// amoCRM's search answers with near-misses as well: the right contact may stand on a further page.
func TestPeople_looksThroughFurtherPagesOfTheSearch(t *testing.T) {
	f := sandboxAccount(t)
	c := helpdesk.Client{Phones: []string{"+79160000077"}}
	write := func(n int, name, phone string) {
		t.Helper()
		for range n {
			if _, err := f.CreateContact(t.Context(), 0, Draft{Name: name, Phones: []string{phone}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(1, "Anna", "+79160000077")
	write(searchHits, "Calls 9160000077", "")
	found, err := f.loadPeople(t.Context(), c, crm.Recalled{})
	if err != nil || len(found.Contacts) != 1 || len(found.Unasked) != 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	write((searchPages-1)*searchHits, "Calls 9160000077", "")
	if found, err = f.loadPeople(t.Context(), c, crm.Recalled{}); err != nil || len(found.Unasked) != 1 {
		t.Errorf("more hits than are looked through: %v, %v", found.Unasked, err)
	}
}
