package rules

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
)

// addClient puts a ticket of a client with these phones and e-mails into the helpdesk; both have the same number.
func (d *fakeDesk) addClient(id int64, phones, emails []string) {
	d.add(id, id, fmt.Sprint("Client ", id), "")
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.clients[id]
	c.Phones, c.Emails = phones, emails
	d.clients[id] = c
}

// Ten clients of the helpdesk with one phone, or one e-mail, that the CRM does not know fire at once at three replicas, and the
// CRM's search does not find yet what was made a moment ago: one contact is made.
func TestWork_clientsWithOneUnknownLineMakeOneContact(t *testing.T) {
	t.Parallel()
	spellings := []string{"+7 999 123-45-67", "8 (999) 123-45-67", "79991234567", "89991234567", "+79991234567"}
	for name, of := range map[string]func(i int) (phones, emails []string){
		"phone": func(i int) ([]string, []string) { return []string{spellings[i%len(spellings)]}, nil },
		"e-mail": func(i int) ([]string, []string) {
			return nil, []string{[]string{"Ann@Example.com", "ann@example.com"}[i%2]}
		},
		"one of several, any order": func(i int) ([]string, []string) {
			both := []string{spellings[i%len(spellings)], fmt.Sprintf("+7 999 000-00-%02d", i)}
			if i%2 == 1 {
				slices.Reverse(both)
			}
			return both, []string{fmt.Sprintf("client%d@example.com", i)}
		},
	} {
		for _, how := range []string{"in one claim", "on three replicas"} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				h.crm.lags = true
				h.login()
				var entries []jobs.Job
				for i := range 10 {
					phones, emails := of(i)
					h.desk.addClient(int64(500+i), phones, emails)
					entries = append(entries, h.accept(published(int64(500+i))))
				}
				size := map[string]int{"in one claim": 10, "on three replicas": 4}[how]
				var hauls sync.WaitGroup
				for range (10 + size - 1) / size {
					s := h.replica()
					b, err := h.deps.Ledger.Claim(t.Context(), h.tenant.ID, size)
					if err != nil {
						t.Fatal(err)
					}
					hauls.Go(func() { s.worker.Handle(t.Context(), t.Context(), h.tenant.ID, b, time.Now()) })
				}
				hauls.Wait()
				h.run(h.Service) // what waited too long for another
				for _, e := range entries {
					h.until(e.ID, ledger.StateDone)
				}
				if leads, _, contacts := h.crm.snapshot(); len(contacts) != 1 || len(leads) != 10 {
					t.Errorf("%d contacts, %d leads", len(contacts), len(leads))
				}
			})
		}
	}
}
