package rules

import (
	"slices"
	"strings"
	"testing"

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
	b, err := h.ledger.Claim(ctx, h.tenant.ID, maxBatch)
	if err != nil || len(b.Entries) != 5 {
		t.Fatal(b, err)
	}
	for _, e := range b.Entries { // first and second stay claimed by a worker
		o := map[string]Outcome{held.ID: {State: StateHeld, Why: "nobody is logged in"}, failed.ID: {State: StateFailed, Why: "no such ticket"},
			dropped.ID: {State: StateHeld}}[e.ID]
		if o.State == "" {
			continue
		}
		if err := h.ledger.Settle(ctx, e, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.ledger.Drop(ctx, h.tenant.ID, dropped.ID, "not needed"); err != nil {
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
		if err != nil || e.Request.Fields.Name != name || e.Tenant != into.ID || e.Timeline[0].Text != textAccepted ||
			!slices.ContainsFunc(e.Timeline, func(l Line) bool { return l.Text == textMoved }) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
		if name == "failed" && (e.Why != "no such ticket" || e.State != StateFailed) {
			t.Errorf("the failed one is %s: %q", e.State, e.Why)
		}
	}
	if err := h.ledger.Record(ctx, b.Entries[0], ""); err == nil {
		t.Error("the old tenant's worker still holds its claim")
	}
	// All of them due, each ticket in its order, once.
	b, err = h.ledger.Claim(ctx, into.ID, maxBatch)
	var order []string
	for _, e := range b.Entries {
		order = append(order, e.ID)
	}
	if want := []string{first.ID, second.ID, held.ID}; err != nil || !slices.Equal(order, want) {
		t.Errorf("due: %v, %v; want %v", order, err, want)
	}
	if again, err := h.Move(ctx, h.tenant.ID, into.ID); err != nil || again != 0 {
		t.Errorf("a second time: %d, %v", again, err)
	}
}

// A crash between the two halves leaves firings in both tenants; the next Move mends it and makes none a second time.
func TestMove_brokenOffIsMendedByTheNext(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	into := h.another("kept token")
	e := h.accept(firing(1, "only"))
	if err := h.ledger.put(ctx, e, into.ID); err != nil {
		t.Fatal(err)
	}
	b, err := h.ledger.Claim(ctx, into.ID, 1)
	if err != nil || len(b.Entries) != 1 {
		t.Fatal(b, err)
	}
	if err := h.ledger.Settle(ctx, b.Entries[0], Outcome{State: StateDone}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Move(ctx, h.tenant.ID, into.ID); err != nil {
		t.Fatal(err)
	}
	c, err := h.Counts(ctx, into.ID)
	if old, _ := h.Counts(ctx, h.tenant.ID); err != nil || c.Done != 1 || c.Waiting() != 0 || old.Waiting() != 0 {
		t.Errorf("%+v, %+v, %v", c, old, err)
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
	if got := h.until(e.ID, StateDone); got.Steps.LeadID == 0 || strings.Contains(got.Why.String(), "login") {
		t.Errorf("%+v", got)
	}
}
