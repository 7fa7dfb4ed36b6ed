package ledger

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestList_pagesThroughEveryEntryOnceNewestFirst(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t) // its clock stands still: many entries of one time
	var want []string
	for i := range 130 {
		if i%40 == 0 {
			l.pass(time.Second)
		}
		want = append(want, mustAccept(t, l, firing(int64(i+1), "x"), "").ID)
	}
	for _, state := range []State{"", StateAccepted} {
		var got []string
		q := query{State: state, Limit: 17}
		for pages := 0; ; pages++ {
			p, err := l.Inbox(t.Context(), "t1", q)
			if err != nil || p.Counts.Accepted != 130 || len(p.Jobs) > 17 || pages > 8 {
				t.Fatalf("page %d: %d entries, %+v, %v", pages, len(p.Jobs), p.Counts, err)
			}
			for i := 1; i < len(p.Jobs); i++ {
				if p.Jobs[i-1].CreatedAt.Before(p.Jobs[i].CreatedAt) {
					t.Fatal("not newest first")
				}
			}
			got = append(got, ids(p.Jobs)...)
			if q.Before = p.Next; p.Next == "" {
				break
			}
		}
		slices.Sort(got)
		if all := slices.Sorted(slices.Values(want)); !slices.Equal(got, all) {
			t.Errorf("%q: %d entries, want each of %d once", state, len(got), len(all))
		}
	}
}

func TestList_findsByTicketIDNameAndReason(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	a := settledOn(t, l, 4711, StateFailed, Steps{})
	b := mustAccept(t, l, firing(5, "Стулья для Анны"), "")
	for name, c := range map[string]struct {
		q    query
		want []string
	}{
		"all":            {query{}, []string{a.ID, b.ID}},
		"state":          {query{State: StateFailed}, []string{a.ID}},
		"unknown state":  {query{State: "*"}, []string{a.ID, b.ID}},
		"ticket":         {query{Ticket: 5}, []string{b.ID}},
		"part of ticket": {query{Text: "471"}, []string{a.ID}},
		"id":             {query{Text: " " + strings.ToUpper(b.ID) + " "}, []string{b.ID}},
		"name":           {query{Text: "СТУЛЬЯ"}, []string{b.ID}},
		"reason":         {query{Text: "Refuse"}, []string{a.ID}},
		"reason as it is seen": {query{Text: "nein", Reason: func(e Entry) string {
			if e.Why == "" {
				return ""
			}
			return "Nein."
		}}, []string{a.ID}},
		"text and state": {query{Text: "4711", State: StateHeld}, nil},
		"client's data":  {query{Text: "secret"}, nil},
		"bad cursor":     {query{Before: "1e400-x"}, []string{a.ID, b.ID}},
	} {
		p, err := l.Inbox(t.Context(), "t1", c.q)
		got := ids(p.Jobs)
		slices.Sort(got)
		slices.Sort(c.want)
		if err != nil || !slices.Equal(got, c.want) || p.Next != "" || p.Cut {
			t.Errorf("%s: got %v (%q %v), want %v, %v", name, got, p.Next, p.Cut, c.want, err)
		}
	}
	if p, err := l.Inbox(t.Context(), "t2", query{}); err != nil || len(p.Jobs) != 0 || p.Counts != (Counts{}) {
		t.Errorf("another tenant sees %+v, %v", p, err)
	}
}

func TestList_aLongSearchSaysWhereItStoppedAndGoesOn(t *testing.T) {
	t.Parallel()
	l := realLedger(t)
	oldest := mustAccept(t, l, firing(1, "needle"), "")
	for i := range maxScan + 50 {
		mustAccept(t, l, firing(int64(i+2), "hay"), "")
		if i == 0 {
			l.pass(time.Second)
		}
	}
	p, err := l.Inbox(t.Context(), "t1", query{Text: "needle"})
	if err != nil || len(p.Jobs) != 0 || !p.Cut || p.Next == "" {
		t.Fatalf("%d entries, cut %v, next %q, %v", len(p.Jobs), p.Cut, p.Next, err)
	}
	p, err = l.Inbox(t.Context(), "t1", query{Text: "needle", Before: p.Next})
	if err != nil || !slices.Equal(ids(p.Jobs), []string{oldest.ID}) || p.Cut {
		t.Errorf("%v, cut %v, %v", ids(p.Jobs), p.Cut, err)
	}
}
