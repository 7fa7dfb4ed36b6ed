package rules

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
)

// twinsOf brings a job to the inbox with two deals of which each may be its own.
func twinsOf(h *house) jobs.Job {
	h.t.Helper()
	h.link(1)
	h.crm.spoil(complexCall, fault{commit: true, cut: true})
	var once sync.Once
	h.crm.hook(func(int64) {
		once.Do(func() { // somebody else makes the same deal in the same moment
			h.crm.mu.Lock()
			defer h.crm.mu.Unlock()
			twin := maps.Clone(h.crm.leads[0])
			twin["id"] = h.crm.id()
			h.crm.leads = append(h.crm.leads, twin)
		})
	})
	h.run(h.Service)
	e := h.until(h.accept(published(1000)).ID, ledger.StateFailed)
	if len(e.Steps.Candidates) != 2 {
		h.t.Fatalf("%+v", e.Steps)
	}
	return e
}

func TestInbox_theDealThatAPersonChoseGetsTheNote(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	e := twinsOf(h)
	chosen := e.Steps.Candidates[1]
	if err := h.Adopt(t.Context(), h.tenant.ID, e.ID, chosen.LeadID); err != nil {
		t.Fatal(err)
	}
	got := h.until(e.ID, ledger.StateDone)
	leads, notes, _ := h.crm.snapshot()
	if len(leads) != 2 || len(notes) != 1 || fmt.Sprint(notes[0]["entity_id"]) != fmt.Sprint(float64(chosen.LeadID)) ||
		got.Steps.LeadID != chosen.LeadID || got.Steps.LeadURL != chosen.URL {
		t.Errorf("%d leads, notes %v, %+v", len(leads), notes, got.Steps)
	}
}

func TestInbox_whenNoneIsMeantANewDealIsMade(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	e := twinsOf(h)
	if err := h.MakeNew(t.Context(), h.tenant.ID, e.ID); err != nil {
		t.Fatal(err)
	}
	got := h.until(e.ID, ledger.StateDone)
	old := slices.ContainsFunc(e.Steps.Candidates, func(c jobs.Candidate) bool { return c.LeadID == got.Steps.LeadID })
	if leads, notes, _ := h.crm.snapshot(); len(leads) != 3 || len(notes) != 1 || old {
		t.Errorf("%d leads, %d notes, %+v", len(leads), len(notes), got.Steps)
	}
}

// A plain retry decides nothing: what is in doubt stays in doubt.
func TestInbox_aRetryDoesNotGuessBetweenTwins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	e := twinsOf(h)
	if err := h.Retry(t.Context(), h.tenant.ID, e.ID); err != nil {
		t.Fatal(err)
	}
	got := h.until(e.ID, ledger.StateFailed)
	if leads, notes, _ := h.crm.snapshot(); len(leads) != 2 || len(notes) != 0 || len(got.Steps.Candidates) != 2 {
		t.Errorf("%d leads, %d notes, %+v", len(leads), len(notes), got.Steps)
	}
}
