package people

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

func TestLines_areTheSameHoweverTheyAreWritten(t *testing.T) {
	want := []string{"+79995550123", "12345", "anna@example.com"}
	for _, c := range []helpdesk.Client{
		{Phones: []string{"8 999 555-01-23", "12-345"}, Emails: []string{"Anna@Example.com "}},
		{Phones: []string{"+7 (999) 555 01 23", "1 2 3 4 5", "79995550123"}, Emails: []string{"anna@example.com", "ANNA@example.com"}},
	} {
		if d := cmp.Diff(want, Lines(c, "RU")); d != "" {
			t.Error(d)
		}
	}
}

// Writers for clients who share phones in any order wait for each other, and all come to an end.
func TestLockClient_sharedLinesExcludeEachOtherWithoutADeadlock(t *testing.T) {
	f := setup(t)
	f.Warm(t)
	var mu sync.Mutex
	inside := map[string]int{}
	var wg sync.WaitGroup
	for i := range 12 {
		phones := []string{"+79990000001", "+79990000002", "+79990000003"}
		phones = append(phones[i%3:], phones[:i%3]...)[:2]
		wg.Go(func() {
			unlock, err := f.LockClient(t.Context(), helpdesk.Client{ID: int64(100 + i), Phones: phones})
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			count := func(by int) {
				mu.Lock()
				defer mu.Unlock()
				for _, p := range phones {
					if inside[p] += by; inside[p] > 1 {
						t.Errorf("%d hold %s", inside[p], p)
					}
				}
			}
			count(1)
			for range 200 {
				runtime.Gosched() // let the others try
			}
			count(-1)
		})
	}
	wg.Wait()
	for key := range f.keys(t) {
		if strings.Contains(key, ":lock:") {
			t.Errorf("%s is held", key)
		}
	}
}

// Whoever gives up waiting for one of a client's locks leaves none behind.
func TestLockClient_givingUpLeavesNothingLocked(t *testing.T) {
	f := setup(t)
	f.Warm(t)
	held, err := f.LockClient(t.Context(), helpdesk.Client{Phones: []string{"+79990000001"}})
	if err != nil {
		t.Fatal(err)
	}
	others := helpdesk.Client{ID: 9, Phones: []string{"+79990000001", "+79990000002", "+79990000003"}, Emails: []string{"a@example.com"}}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.LockClient(ctx, others); err == nil {
		t.Fatal("locked what another holds")
	}
	held()
	unlock, err := f.LockClient(t.Context(), others)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// Ten agents add one unknown person at once, each in a ticket of another client: one contact is made, and the others are
// shown it, although the search does not find it yet.
func TestCreateContact_tenAtOnceWithOnePhoneMakeOne(t *testing.T) {
	f := setup(t)
	f.Warm(t)
	draft := Draft{Name: "Anna", Phones: []string{"8 999 555-01-23"}}
	ids, errs := make([]int64, 10), make([]error, 10)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() { ids[i], errs[i] = f.CreateContact(t.Context(), int64(200+i), draft) })
	}
	wg.Wait()
	var made int64
	for i, err := range errs {
		switch {
		case err == nil && made == 0:
			made = ids[i]
		case !errors.Is(err, crm.ErrTwin):
			t.Errorf("%d, %v", ids[i], err)
		}
	}
	got, err := f.Duplicates(t.Context(), draft)
	if err != nil || len(f.CRM.Contacts) != 1 || len(got) != 1 || got[0].ID != made {
		t.Errorf("%d contacts, %v shown, %v", len(f.CRM.Contacts), got, err)
	}
	draft.Name, draft.Others = "Anna's sister", []int64{made}
	if id, err := f.CreateContact(t.Context(), 300, draft); err != nil || id == made {
		t.Errorf("a second person on the same line: %d, %v", id, err)
	}
}

// What is known of a line names no phone in a key, and what the CRM says of the contact decides.
func TestResolve_contactOfALineIsTakenWhileItHasTheLine(t *testing.T) {
	f := setup(t)
	f.Warm(t)
	id, err := f.CreateContact(t.Context(), 55, Draft{Name: "Anna", Phones: crmtest.Anna.Phones, Emails: crmtest.Anna.Emails})
	if err != nil {
		t.Fatal(err)
	}
	for key := range f.keys(t) {
		if strings.Contains(key, "9995550123") || strings.Contains(strings.ToLower(key), "anna") {
			t.Errorf("key %s", key)
		}
	}
	other := helpdesk.Client{ID: 56, Phones: []string{"+79995550123"}}
	if got, _, err := f.Resolve(t.Context(), other); err != nil || got != id {
		t.Errorf("%d, %v; want %d", got, err, id)
	}
	f.CRM.Set(func(c *fake.CRM) { c.Contacts[id]["custom_fields_values"] = nil })
	if got, made, err := f.Resolve(t.Context(), other); err != nil || got != 0 || made == nil {
		t.Errorf("the contact has not got the phone any more: %d, %v, %v", got, made, err)
	}
	f.CRM.Set(func(c *fake.CRM) { delete(c.Contacts, id) })
	if got, made, err := f.Resolve(t.Context(), other); err != nil || got != 0 || made == nil {
		t.Errorf("the contact is gone: %d, %v, %v", got, made, err)
	}
}
