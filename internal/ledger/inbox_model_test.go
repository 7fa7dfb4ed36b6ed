package ledger

import (
	"errors"
	"slices"
	"time"

	"pgregory.net/rapid"
)

func (e *modelEntry) ended() bool {
	return e.state == StateDone || e.state == StateFailed || e.state == StateDropped
}

// inboxModel is what a person does in the inbox, with what has to come of it.
type inboxModel struct {
	t      *rapid.T
	l      typed
	model  *[]*modelEntry
	owners map[int64]string
	now    time.Time
}

// pick is any entry, as it is stored: the ledger may have held or postponed it behind another of its ticket.
func (m inboxModel) pick() (*modelEntry, Entry) {
	if len(*m.model) == 0 {
		m.t.Skip("the inbox is empty")
	}
	e := rapid.SampledFrom(*m.model).Draw(m.t, "entry")
	stored, err := m.l.Get(m.t.Context(), "t", e.id)
	if err != nil {
		m.t.Fatal(err)
	}
	return e, stored
}

// did compares a result with what the rules say, and moves a restarted entry to the end of the order.
func (m inboxModel) did(e *modelEntry, what string, got, want error) {
	if !errors.Is(got, want) {
		m.t.Fatalf("%s of %s (%s): %v, want %v", what, e.id, e.state, got, want)
	}
	if want == nil && what != "drop" {
		m.restarted(e)
	}
}

func (m inboxModel) restarted(e *modelEntry) {
	e.state, e.due = StateAccepted, m.now
	at := slices.Index(*m.model, e)
	*m.model = append(slices.Delete(*m.model, at, at+1), e)
}

// allowed is ErrConflict unless the entry is in one of the states.
func allowed(e Entry, states ...State) error {
	if slices.Contains(states, e.State) {
		return nil
	}
	return ErrConflict
}

func (m inboxModel) retry() {
	e, stored := m.pick()
	m.did(e, "retry", m.l.Retry(m.t.Context(), "t", e.id), allowed(stored, StateFailed))
}

func (m inboxModel) retryAll() {
	var failed []*modelEntry
	for _, e := range *m.model {
		if e.state == StateFailed {
			failed = append(failed, e)
		}
	}
	n, err := m.l.RestartAll(m.t.Context(), "t")
	if err != nil || n != len(failed) {
		m.t.Fatalf("retried %d of %d: %v", n, len(failed), err)
	}
	for _, e := range failed {
		m.restarted(e)
	}
}

func (m inboxModel) edit() {
	e, stored := m.pick()
	want := allowed(stored, StateFailed, StateHeld)
	if want == nil && (stored.Steps.LeadID != 0 || stored.Steps.LeadIntent != nil) {
		want = errMade
	}
	ticket := rapid.Int64Range(1, 3).Draw(m.t, "ticket")
	m.did(e, "edit", edited(m.l.Edit(m.t.Context(), "t", e.id, firing(ticket, "edited"))), want)
	if want == nil {
		e.ticket = ticket
	}
}

func (m inboxModel) drop() {
	e, stored := m.pick()
	want := allowed(stored, StateFailed, StateHeld, StateAccepted)
	m.did(e, "drop", m.l.Drop(m.t.Context(), "t", e.id, "no"), want)
	if want == nil {
		e.state = StateDropped
	}
}

func (m inboxModel) adopt() {
	e, stored := m.pick()
	lead := rapid.Int64Range(1, 4).Draw(m.t, "lead")
	want := allowed(stored, StateFailed)
	owner := m.owners[lead]
	if want == nil && (lead == 4 || len(stored.Steps.Candidates) == 0 || owner != "" && owner != e.id) {
		want = errNoneOf
	}
	m.did(e, "adopt", m.l.Adopt(m.t.Context(), "t", e.id, lead), want)
	if want == nil {
		m.owners[lead] = e.id
	}
}

func (m inboxModel) makeNew() {
	e, stored := m.pick()
	want := allowed(stored, StateFailed)
	if want == nil && len(stored.Steps.Candidates) == 0 {
		want = errNoneOf
	}
	m.did(e, "make new", m.l.MakeNew(m.t.Context(), "t", e.id), want)
}
