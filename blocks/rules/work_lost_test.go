package rules

import (
	"slices"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
)

func TestWork_lostAnswersMakeNothingTwice(t *testing.T) {
	t.Parallel()
	const complex, note = "POST /leads/complex", "POST /leads/notes"
	cases := []struct {
		name   string
		call   string
		faults []fault
		linked bool // the contact exists before
	}{
		{"deal made, answer cut", complex, []fault{{commit: true, cut: true}}, false},
		{"deal made for a known contact, answer cut", complex, []fault{{commit: true, cut: true}}, true},
		{"deal made, gateway timeout", complex, []fault{{commit: true, status: 504}}, false},
		{"deal made, internal error", complex, []fault{{commit: true, status: 500, body: `{"title":"x"}`}}, false},
		{"deal made, answer is no data", complex, []fault{{commit: true, status: 200, body: `<html>`}}, false},
		{"deal not made, connection cut", complex, []fault{{cut: true}}, false},
		{"deal not made twice, then made", complex, []fault{{cut: true}, {status: 502}}, true},
		{"note written, answer cut", note, []fault{{commit: true, cut: true}}, false},
		{"note not written, connection cut", note, []fault{{cut: true}}, false},
		{"note not written, CRM down", note, []fault{{status: 503}}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.desk.add(101, 55, "Ann", "8 999 000-00-01")
			if c.linked {
				h.crm.addContact("Ann", "+79990000001")
			}
			h.crm.spoil(c.call, c.faults...)
			h.run(h.Service)
			e := h.until(h.accept(published(101)).ID, ledger.StateDone)
			leads, notes, contacts := h.crm.snapshot()
			if len(leads) != 1 || len(notes) != 1 || len(contacts) != 1 {
				t.Fatalf("%d leads, %d notes, %d contacts; %v", len(leads), len(notes), len(contacts), e.Timeline)
			}
			if e.Steps.LeadID != leads[0]["id"] || e.Steps.NoteID != notes[0]["id"] || e.Steps.ContactID != contacts[0]["id"] {
				t.Errorf("steps %+v", e.Steps)
			}
			if e.Steps.LeadIntent != nil || e.Steps.NoteIntent != nil {
				t.Errorf("an intent is left: %+v", e.Steps)
			}
		})
	}
}

func TestWork_lostDealsOfTwoClientsAreNotMixedUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	h.desk.add(102, 56, "Bob", "+79990000002")
	h.crm.spoil("POST /leads/complex", fault{commit: true, cut: true}, fault{commit: true, cut: true})
	h.run(h.Service)
	a, b := h.accept(published(101)), h.accept(published(102))
	ea, eb := h.until(a.ID, ledger.StateDone), h.until(b.ID, ledger.StateDone)
	leads, notes, contacts := h.crm.snapshot()
	if len(leads) != 2 || len(notes) != 2 || len(contacts) != 2 || ea.Steps.LeadID == eb.Steps.LeadID {
		t.Fatalf("%d leads, %d notes, %d contacts", len(leads), len(notes), len(contacts))
	}
	for _, x := range []struct {
		e    jobs.Job
		name string
	}{{ea, "Ann"}, {eb, "Bob"}} {
		i := slices.IndexFunc(contacts, func(o obj) bool { return o["id"] == x.e.Steps.ContactID })
		if i < 0 || contacts[i]["name"] != x.name {
			t.Errorf("%s has got the deal of another", x.name)
		}
	}
}

func TestWork_killedBetweenTheAnswerAndItsRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	e := h.accept(published(101))
	// The first worker is dead when the CRM answers: what it would store is refused.
	b, err := h.deps.Ledger.Claim(t.Context(), h.tenant.ID, 1)
	if err != nil || len(b.Jobs) != 1 {
		t.Fatalf("%v %v", b, err)
	}
	h.crm.hook(func(int64) {
		stolen := b.Jobs[0]
		stolen.Steps.LeadIntent = &jobs.Intent{At: time.Now(), ContactID: 0}
		if err := h.deps.Ledger.Finish(t.Context(), stolen, jobs.Outcome{State: ledger.StateAccepted}); err != nil {
			t.Error(err)
		}
	})
	h.worker.Handle(t.Context(), t.Context(), h.tenant.ID, b, time.Now())
	h.crm.hook(nil)
	if got, err := h.Get(t.Context(), h.tenant.ID, e.ID); err != nil || got.State != ledger.StateAccepted || got.Steps.NoteID != 0 {
		t.Fatalf("a worker that lost its claim went on: %+v %v", got, err)
	}
	h.run(h.Service)
	got := h.until(e.ID, ledger.StateDone)
	if leads, notes, _ := h.crm.snapshot(); len(leads) != 1 || len(notes) != 1 || got.Steps.LeadID != leads[0]["id"] {
		t.Errorf("%d leads, %d notes, %+v", len(leads), len(notes), got.Steps)
	}
}
