package rules

import (
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
)

// A minute of trouble is a few lines, which name the trouble.
func TestWork_aTroubleIsAFewLinesThatNameIt(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		complexCall:     "accepted: it is not known yet whether the write was done: its answer was 503: Down for a while",
		"GET /contacts": "accepted: amoCRM can't be reached or has trouble: its answer was 503: Down for a while",
	} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.desk.add(101, 55, "Ann", "+79990000001")
			for range 100 {
				h.crm.spoil(call, fault{status: 503, body: `{"title":"Down for a while","status":503}`})
			}
			e := h.accept(published(101))
			for range 12 {
				h.oneHaul()
				if err := h.db.ZAdd(t.Context(), prefix(h.tenant.ID)+":due", zNow(e.ID)).Err(); err != nil {
					t.Fatal(err)
				}
			}
			got := h.get(e.ID)
			times := 0
			for _, l := range got.Timeline {
				if jobs.English(l.Text) == want {
					times = l.Times
				}
			}
			if len(got.Timeline) > 5 || times < 3 || got.Timeline[0].Text != "=accepted" || "accepted: "+jobs.English(got.Why) != want {
				t.Errorf("%q, %d times: %+v", got.Why, times, got.Timeline)
			}
		})
	}
}
