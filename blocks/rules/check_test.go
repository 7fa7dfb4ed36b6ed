package rules

import (
	"errors"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/ledger"
)

func TestCheck_refusesAStrictRuleBeforeAcceptingWhenConnected(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bad := published(101)
	bad.Strict = true
	bad.Fields.Custom[1].Values[0].EnumID = 5
	if err := h.Check(t.Context(), h.tenant, bad); err != nil {
		t.Errorf("checked without a login: %v", err)
	}
	h.login()
	if err := h.Check(t.Context(), h.tenant, published(101)); err != nil {
		t.Error(err)
	}
	lenient := bad
	lenient.Strict = false
	if err := h.Check(t.Context(), h.tenant, lenient); err != nil {
		t.Errorf("what costs a value stops the firing: %v", err)
	}
	var p *request.Problems
	err := h.Check(t.Context(), h.tenant, bad)
	if !errors.As(err, &p) || len(p.List) != 1 || p.List[0].Path != "fields.custom_fields_values[1].values[0].enum_id" ||
		!contains(p.List[0].Detail, "705377 (A)") {
		t.Errorf("%v", err)
	}
	calls := h.crm.count("GET /leads/custom_fields")
	for range 20 {
		if err := h.Check(t.Context(), h.tenant, bad); err == nil {
			t.Error("accepted")
		}
	}
	if n := h.crm.count("GET /leads/custom_fields"); n != calls {
		t.Errorf("%d calls for what is known", n-calls)
	}
}

func TestCheck_refusesNothingForWhatAnOldVocabularyLacks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	old := crm.Meta{At: time.Now().Add(-5 * time.Minute), Pipelines: []amocrm.Pipeline{{ID: 10, Name: "Sales"}}, Users: []amocrm.User{{ID: 1, Name: "Ann", IsActive: true}}}
	h.memo.known.Add(h.tenant.ID, known{meta: old, read: time.Now()})
	r := published(101)
	r.Strict = true
	if err := h.Check(t.Context(), h.tenant, r); err != nil {
		t.Errorf("what was added since is refused: %v", err)
	}
}

func TestMemo_waitsNoLongerThanItMay(t *testing.T) {
	t.Parallel()
	m, release := newMemo(), make(chan struct{})
	load := func() (crm.Meta, error) {
		<-release
		return crm.Meta{At: time.Now()}, nil
	}
	if _, ok := m.get("t", 5*time.Millisecond, load); ok {
		t.Error("an answer out of nothing")
	}
	close(release)
	// The read went on and is shared by those who ask meanwhile.
	if got, ok := m.get("t", time.Minute, load); !ok || got.At.IsZero() {
		t.Error("the read was wasted")
	}
	m.known.Add("t", known{meta: crm.Meta{At: time.Unix(1, 0)}, read: time.Now()})
	if got, ok := m.get("t", 0, nil); !ok || got.At.Unix() != 1 {
		t.Error("not from memory")
	}
}

func TestMemo_keepsAFewTenants(t *testing.T) {
	t.Parallel()
	m := newMemo()
	for i := range maxMemo + 50 {
		m.get(string(rune(i)), time.Minute, func() (crm.Meta, error) { return crm.Meta{}, nil })
	}
	if m.known.Len() != maxMemo {
		t.Errorf("%d kept", m.known.Len())
	}
	if _, ok := m.get("none", time.Minute, func() (crm.Meta, error) { return crm.Meta{}, errors.New("down") }); ok {
		t.Error("a failed read counts")
	}
}

func TestAccept_startsWithoutWaitingForThePoll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	h.queue.Poll = time.Hour
	h.run(h.Service)
	h.until(h.accept(published(101)).ID, ledger.StateDone)
}
