package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

// another is one more tenant of the house's account.
func (h *house) another(token string) tenant.Tenant {
	h.t.Helper()
	t, err := h.dir.Open(h.t.Context(), tenant.Credential{AmoBase: h.crm.URL, DeskToken: token})
	if err != nil {
		h.t.Fatal(err)
	}
	return t
}

func TestMove_takesAlongWhatIsNotDone(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	into := h.another("kept token")
	first, second, held := h.accept(firing(1, "first")), h.accept(firing(1, "second")), h.accept(firing(2, "held"))
	failed, dropped := h.accept(firing(3, "failed")), h.accept(firing(4, "dropped"))
	b, err := h.deps.Ledger.Claim(ctx, h.tenant.ID, jobs.MaxBatch)
	if err != nil || len(b.Jobs) != 5 {
		t.Fatal(b, err)
	}
	for _, e := range b.Jobs { // first and second stay claimed by a worker
		o := map[string]jobs.Outcome{held.ID: {State: ledger.StateHeld, Why: "nobody is logged in"}, failed.ID: {State: ledger.StateFailed, Why: "no such ticket"},
			dropped.ID: {State: ledger.StateHeld}}[e.ID]
		if o.State == "" {
			continue
		}
		if err := h.deps.Ledger.Finish(ctx, e, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.deps.Ledger.Drop(ctx, h.tenant.ID, dropped.ID, "not needed"); err != nil {
		t.Fatal(err)
	}

	moved, err := h.Move(ctx, h.tenant.ID, into.ID)
	if err != nil || moved != 4 {
		t.Fatalf("%d moved, %v", moved, err)
	}
	if c, err := h.Counts(ctx, h.tenant.ID); err != nil || c.Waiting()+c.Failed != 0 || c.Dropped != 1 {
		t.Errorf("left behind: %+v, %v", c, err)
	}
	if c, err := h.Counts(ctx, into.ID); err != nil || c.Accepted != 3 || c.Failed != 1 {
		t.Errorf("arrived: %+v, %v", c, err)
	}
	for id, name := range map[string]string{first.ID: "first", held.ID: "held", failed.ID: "failed"} {
		e, err := h.Get(ctx, into.ID, id)
		if err != nil || e.Request.Fields.Name != name || e.Tenant != into.ID || e.Timeline[0].Text != "=accepted" ||
			!slices.ContainsFunc(e.Timeline, func(l ledger.Line) bool { return l.Text == "=moved" }) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
		if name == "failed" && (e.Why != "no such ticket" || e.State != ledger.StateFailed) {
			t.Errorf("the failed one is %s: %q", e.State, e.Why)
		}
	}
	if err := h.deps.Ledger.Record(ctx, b.Jobs[0], ""); err == nil {
		t.Error("the old tenant's worker still holds its claim")
	}
	// All of them due, each ticket in its order, once.
	b, err = h.deps.Ledger.Claim(ctx, into.ID, jobs.MaxBatch)
	var order []string
	for _, e := range b.Jobs {
		order = append(order, e.ID)
	}
	if want := []string{first.ID, second.ID, held.ID}; err != nil || !slices.Equal(order, want) {
		t.Errorf("due: %v, %v; want %v", order, err, want)
	}
	if again, err := h.Move(ctx, h.tenant.ID, into.ID); err != nil || again != 0 {
		t.Errorf("a second time: %d, %v", again, err)
	}
}

func TestMove_repeatedFiringIsRecognisedThere(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	into := h.another("kept token")
	e := h.accept(firing(1, "only"))
	if _, err := h.Move(ctx, h.tenant.ID, into.ID); err != nil {
		t.Fatal(err)
	}
	again, existed, err := h.Accept(ctx, into, firing(1, "only"), "")
	if err != nil || !existed || again.ID != e.ID {
		t.Errorf("%s, %v, %v; want %s again", again.ID, existed, err, e.ID)
	}
}

func TestMove_isSentWithTheOtherTenantsLogin(t *testing.T) {
	h := newHouse(t)
	from := h.another("fresh token")
	h.login()
	h.desk.add(101, 55, "Ann Example", "8 (999) 000-00-01")
	h.run(h.Service)
	e, _, err := h.Accept(t.Context(), from, published(101), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Move(t.Context(), from.ID, h.tenant.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.until(e.ID, ledger.StateDone); got.Steps.LeadID == 0 || strings.Contains(jobs.English(got.Why), "login") {
		t.Errorf("%+v", got)
	}
}
