package rules

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/ledger"
)

func TestOutcomeUnknown_ambiguousTwinsGoToTheInboxWithBothCandidates(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	contact := h.link(1)[0]
	h.crm.spoil(complexCall, fault{commit: true, cut: true})
	var once sync.Once
	h.crm.hook(func(id int64) {
		once.Do(func() { // somebody else makes the same deal in the same moment
			h.crm.mu.Lock()
			defer h.crm.mu.Unlock()
			twin := obj{}
			for k, v := range h.crm.leads[0] {
				twin[k] = v
			}
			twin["id"] = h.crm.id()
			h.crm.leads = append(h.crm.leads, twin)
		})
	})
	h.run(h.Service)
	e := h.until(h.accept(published(1000)).ID, ledger.StateFailed)
	leads, notes, _ := h.crm.snapshot()
	if len(leads) != 2 || len(notes) != 0 || len(e.Steps.Candidates) != 2 || e.Steps.LeadID != 0 || e.Steps.LeadIntent == nil {
		t.Fatalf("%d leads, %d notes, %+v", len(leads), len(notes), e.Steps)
	}
	for i, c := range e.Steps.Candidates {
		if c.LeadID != leads[i]["id"] || !strings.HasSuffix(c.URL, fmt.Sprint("/leads/detail/", c.LeadID)) || c.Name != "gg" || c.CreatedAt.IsZero() {
			t.Errorf("candidate %+v of contact %d", c, contact)
		}
	}
}

func TestOutcomeUnknown_twinsOfOurOwnAreSharedOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.link(1)
	h.crm.spoil(complexCall, fault{commit: true, cut: true})
	var entries []jobs.Job
	for i := range 10 { // the same deal ten times, with another note each
		r := published(1000)
		r.Comment = fmt.Sprint("note ", i)
		entries = append(entries, h.accept(r))
	}
	h.run(h.Service)
	used := map[int64]bool{}
	for _, e := range entries {
		e := h.until(e.ID, ledger.StateDone)
		used[e.Steps.LeadID] = true
	}
	if leads, notes, _ := h.crm.snapshot(); len(leads) != 10 || len(notes) != 10 || len(used) != 10 {
		t.Errorf("%d leads, %d notes, %d used", len(leads), len(notes), len(used))
	}
}

func TestOutcomeUnknown_dealsThatDifferInAFieldAreNotMixedUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.link(1)
	h.crm.spoil(complexCall, fault{commit: true, cut: true})
	var entries []jobs.Job
	for i := range 4 {
		r := published(1000)
		r.Fields.Custom = []request.CustomField{{FieldID: 1025541, Values: []request.CustomValue{{Value: []byte(fmt.Sprintf(`"v%d"`, i))}}}}
		entries = append(entries, h.accept(r))
	}
	h.crm.hook(func(int64) { // reads name the type of a field
		h.crm.mu.Lock()
		defer h.crm.mu.Unlock()
		slices.Reverse(h.crm.leads)
		for _, l := range h.crm.leads {
			l["custom_fields_values"].(arr)[0].(obj)["field_type"] = "text"
		}
	})
	h.run(h.Service)
	for i, e := range entries {
		e := h.until(e.ID, ledger.StateDone)
		leads, _, _ := h.crm.snapshot()
		k := slices.IndexFunc(leads, func(l obj) bool { return l["id"] == e.Steps.LeadID })
		if len(leads) != 4 || !strings.Contains(fmt.Sprint(leads[k]["custom_fields_values"]), fmt.Sprint("v", i)) {
			t.Errorf("firing %d of %d has got %v", i, len(leads), leads[k])
		}
	}
}
