package ledger

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func editReplaces(t *testing.T, l bench) {
	e := failed(t, l, Steps{ClientID: 3})
	if _, err := l.Edit(t.Context(), "t1", e.ID, firing(2, "new")); err != nil {
		t.Fatal(err)
	}
	mustAccept(t, l, firing(2, "behind"), "")
	got := mustClaim(t, l, 1)
	if len(got) != 1 || got[0].ID != e.ID || got[0].Request.TicketID != 2 || got[0].Request.Fields.Name != "new" || got[0].Steps.ClientID != 0 {
		t.Fatalf("%+v", got)
	}
	if got := mustClaim(t, l, 50); len(got) != 0 {
		t.Errorf("%v overtook the edited one on its new ticket", ids(got))
	}
	all := l.db.HGetAll(t.Context(), l.jobKey("t1", e.ID)).Val()
	if strings.Contains(fmt.Sprint(all), "secret remark") {
		t.Error("the new request is not sealed")
	}
}

// sameEdit saves a request as it is: it is retried, and nothing says that it was changed.
func sameEdit(t *testing.T, l bench) {
	e := failed(t, l, Steps{ClientID: 7})
	changed, err := l.Edit(t.Context(), "t1", e.ID, get(t, l, e.ID).Request)
	got := get(t, l, e.ID)
	if err != nil || changed || got.State != StateAccepted || got.Steps.ClientID != 7 || got.Timeline[len(got.Timeline)-1].Text != textRetried {
		t.Errorf("changed %v, %v: %+v", changed, err, got)
	}
}

func editRefused(t *testing.T, l bench) {
	for name, st := range map[string]Steps{
		"made": {LeadID: 5}, "sent": {LeadIntent: &Intent{At: time.Now()}}, "twins": {Candidates: []Candidate{{LeadID: 5}}},
	} {
		e := failed(t, l, st)
		if _, err := l.Edit(t.Context(), "t1", e.ID, firing(1, "new")); !errors.Is(err, errMade) {
			t.Errorf("%s: %v", name, err)
		}
		if got := get(t, l, e.ID); got.State != StateFailed || got.Request.Fields.Name != "x" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func twins() Steps {
	return Steps{LeadIntent: &Intent{At: time.Now(), ContactID: 4}, Candidates: []Candidate{
		{LeadID: 7, URL: "https://x.amocrm.ru/leads/detail/7"}, {LeadID: 8, URL: "https://x.amocrm.ru/leads/detail/8"}}}
}

func adoptChosen(t *testing.T, l bench) {
	e := failed(t, l, twins())
	for _, id := range []int64{0, 9} {
		if err := l.Adopt(t.Context(), "t1", e.ID, id); !errors.Is(err, errNoneOf) {
			t.Errorf("%d: %v", id, err)
		}
	}
	if err := l.Adopt(t.Context(), "t1", e.ID, 8); err != nil {
		t.Fatal(err)
	}
	got := mustClaim(t, l, 1)[0]
	if st := got.Steps; st.LeadID != 8 || got.Steps.LeadURL != "https://x.amocrm.ru/leads/detail/8" || st.ContactID != 4 || st.LeadIntent != nil || st.Candidates != nil {
		t.Errorf("%+v", st)
	}
	if owner := l.db.Get(t.Context(), l.ownKey("t1", "8")).Val(); owner != e.ID {
		t.Errorf("the deal is %q's", owner)
	}
}

func adoptTaken(t *testing.T, l bench) {
	a := failed(t, l, twins())
	b := settledOn(t, l, 2, StateFailed, twins())
	if err := l.Adopt(t.Context(), "t1", a.ID, 7); err != nil {
		t.Fatal(err)
	}
	if err := l.Adopt(t.Context(), "t1", b.ID, 7); !errors.Is(err, errNoneOf) {
		t.Errorf("two firings have one deal: %v", err)
	}
	if err := l.Adopt(t.Context(), "t1", b.ID, 8); err != nil {
		t.Error(err)
	}
}

func makeNew(t *testing.T, l bench) {
	e := failed(t, l, twins())
	if err := l.MakeNew(t.Context(), "t1", e.ID); err != nil {
		t.Fatal(err)
	}
	if st := mustClaim(t, l, 1)[0].Steps; st.LeadIntent != nil || st.Candidates != nil || st.LeadID != 0 {
		t.Errorf("%+v", st)
	}
	plain := settledOn(t, l, 2, StateFailed, Steps{LeadIntent: &Intent{At: time.Now()}})
	if err := l.MakeNew(t.Context(), "t1", plain.ID); !errors.Is(err, errNoneOf) {
		t.Errorf("a deal that is only looked for: %v", err)
	}
}
