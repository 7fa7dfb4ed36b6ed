package rules

import (
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/ledger"
)

// A rule with a mistake that fires all day costs a call for each deal, and not the account's whole vocabulary.
func TestWork_refusedDealsReadTheAccountAnewOnceInAWhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.link(4)
	h.run(h.Service)
	const call = "GET /leads/pipelines"
	began := time.Now()
	for i := range int64(4) {
		r := published(1000 + i)
		r.Fields.StatusID = 1
		if e := h.until(h.accept(r).ID, ledger.StateDone); len(e.Steps.Remarks) != 1 {
			t.Fatalf("remarks %+v", e.Steps.Remarks)
		}
	}
	if most := 2 + int(time.Since(began)/(10*time.Second)); h.crm.count(call) > most {
		t.Errorf("read %d times, at most %d", h.crm.count(call), most)
	}
}
