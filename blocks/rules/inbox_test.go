package rules

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/tenant"
)

func TestInbox_pagesThroughEveryEntryOnceNewestFirst(t *testing.T) {
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
		q := Query{State: state, Limit: 17}
		for pages := 0; ; pages++ {
			p, err := l.Inbox(t.Context(), "t1", q)
			if err != nil || p.Counts.Accepted != 130 || len(p.Entries) > 17 || pages > 8 {
				t.Fatalf("page %d: %d entries, %+v, %v", pages, len(p.Entries), p.Counts, err)
			}
			for i := 1; i < len(p.Entries); i++ {
				if p.Entries[i-1].CreatedAt.Before(p.Entries[i].CreatedAt) {
					t.Fatal("not newest first")
				}
			}
			got = append(got, ids(p.Entries)...)
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

func TestInbox_findsByTicketIDNameAndReason(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	a := settledOn(t, l, 4711, StateFailed, Steps{})
	b := mustAccept(t, l, firing(5, "Стулья для Анны"), "")
	for name, c := range map[string]struct {
		q    Query
		want []string
	}{
		"all":            {Query{}, []string{a.ID, b.ID}},
		"state":          {Query{State: StateFailed}, []string{a.ID}},
		"unknown state":  {Query{State: "*"}, []string{a.ID, b.ID}},
		"ticket":         {Query{Ticket: 5}, []string{b.ID}},
		"part of ticket": {Query{Text: "471"}, []string{a.ID}},
		"id":             {Query{Text: " " + strings.ToUpper(b.ID) + " "}, []string{b.ID}},
		"name":           {Query{Text: "СТУЛЬЯ"}, []string{b.ID}},
		"reason":         {Query{Text: "Refuse"}, []string{a.ID}},
		"reason as it is seen": {Query{Text: "nein", Reason: func(e Entry) string {
			if e.Why == "" {
				return ""
			}
			return "Nein."
		}}, []string{a.ID}},
		"text and state": {Query{Text: "4711", State: StateHeld}, nil},
		"client's data":  {Query{Text: "secret"}, nil},
		"bad cursor":     {Query{Before: "1e400-x"}, []string{a.ID, b.ID}},
	} {
		p, err := l.Inbox(t.Context(), "t1", c.q)
		got := ids(p.Entries)
		slices.Sort(got)
		slices.Sort(c.want)
		if err != nil || !slices.Equal(got, c.want) || p.Next != "" || p.Cut {
			t.Errorf("%s: got %v (%q %v), want %v, %v", name, got, p.Next, p.Cut, c.want, err)
		}
	}
	if p, err := l.Inbox(t.Context(), "t2", Query{}); err != nil || len(p.Entries) != 0 || p.Counts != (Counts{}) {
		t.Errorf("another tenant sees %+v, %v", p, err)
	}
}

func TestInbox_aLongSearchSaysWhereItStoppedAndGoesOn(t *testing.T) {
	t.Parallel()
	l := realLedger(t)
	oldest := mustAccept(t, l, firing(1, "needle"), "")
	for i := range scanMost + 50 {
		mustAccept(t, l, firing(int64(i+2), "hay"), "")
		if i == 0 {
			l.pass(time.Second)
		}
	}
	p, err := l.Inbox(t.Context(), "t1", Query{Text: "needle"})
	if err != nil || len(p.Entries) != 0 || !p.Cut || p.Next == "" {
		t.Fatalf("%d entries, cut %v, next %q, %v", len(p.Entries), p.Cut, p.Next, err)
	}
	p, err = l.Inbox(t.Context(), "t1", Query{Text: "needle", Before: p.Next})
	if err != nil || !slices.Equal(ids(p.Entries), []string{oldest.ID}) || p.Cut {
		t.Errorf("%v, cut %v, %v", ids(p.Entries), p.Cut, err)
	}
}

func TestExport_writesRowsThatNoSpreadsheetRuns(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	s := NewService(Deps{DB: l.db})
	for i, why := range []string{`=HYPERLINK("http://evil.example.com")`, "+1", "-1", "@SUM(1)", "\tx", "\rx", `plain, "quoted"` + "\nline"} {
		mustAccept(t, l, firing(int64(i+1), "x"), "")
		e := mustClaim(t, l, 1)[0]
		e.Steps = Steps{ClientID: 3, ContactID: 4, LeadID: 5, LeadURL: "https://x.amocrm.ru/leads/detail/5"}
		if err := l.Settle(t.Context(), e, Outcome{State: StateFailed, Why: inWords(why)}); err != nil {
			t.Fatal(err)
		}
		l.pass(time.Second)
	}
	var b bytes.Buffer
	moved := tenant.Tenant{AmoBase: "https://now.amocrm.ru", Former: []string{"https://x.amocrm.ru"}}
	if err := s.Export(t.Context(), "t1", Query{Present: moved.Present}, &b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 8 || !slices.Equal(rows[0], exportHead) {
		t.Fatalf("%v, %v", rows, err)
	}
	for _, row := range rows[1:] {
		reason := row[len(row)-1]
		if reason == "" || strings.ContainsAny(reason[:1], "=+-@\t\r") {
			t.Errorf("a spreadsheet runs %q", reason)
		}
		if got := strings.Join(row[4:10], "|"); !strings.HasSuffix(got, "|3|4|5|https://now.amocrm.ru/leads/detail/5|1") {
			t.Errorf("row %q", row)
		}
	}
	if got := rows[1][10]; got != `plain, "quoted"`+"\nline" {
		t.Errorf("newest reason %q", got)
	}
}

func TestExport_isBoundedAndSaysSo(t *testing.T) {
	t.Parallel()
	l := realLedger(t)
	s := NewService(Deps{DB: l.db})
	e := mustAccept(t, l, firing(1, "x"), "")
	stored := l.db.HGetAll(t.Context(), entryKey("t1", e.ID)).Val()
	pipe := l.db.Pipeline()
	for i := range ExportMost { // copies; the request is sealed for its own key, so each needs its own
		id := fmt.Sprintf("%026d", i)
		one := map[string]any{}
		for k, v := range stored {
			one[k] = v
		}
		one["request"] = l.seal.Seal([]byte(`{"ticketId":7}`), entryKey("t1", id))
		pipe.HSet(t.Context(), entryKey("t1", id), one)
		pipe.Do(t.Context(), "ZADD", prefix("t1")+":index", i+1, id)
		if i%1000 == 999 {
			if _, err := pipe.Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := s.Export(t.Context(), "t1", Query{}, &b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 1+ExportMost+1 || !strings.Contains(rows[len(rows)-1][10], "10,000") {
		t.Errorf("%d rows, last %v, %v", len(rows), rows[len(rows)-1], err)
	}
}

// brokenPipe is a reader who has gone.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestExport_stopsWhenNobodyReads(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	mustAccept(t, l, firing(1, "x"), "")
	if err := NewService(Deps{DB: l.db}).Export(t.Context(), "t1", Query{}, brokenPipe{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestEdit_isReadAsARuleIs(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	s := NewService(Deps{DB: l.db})
	e := failed(t, l, Steps{})
	var mistakes *Problems
	if _, err := s.Edit(t.Context(), "t1", e.ID, Request{TicketID: -1, Fields: LeadFields{Name: strings.Repeat("x", MaxName+1)}}); !errors.As(err, &mistakes) || len(mistakes.List) != 2 {
		t.Errorf("got %v", err)
	}
	if got := get(t, l, e.ID); got.State != StateFailed {
		t.Errorf("it is %s", got.State)
	}
	r := Request{TicketID: 9, Comment: "c", Fields: LeadFields{Name: "n", Price: "5", Custom: []CustomField{
		{FieldID: 3, Values: []CustomValue{{Value: []byte(`"a"`)}, {EnumID: 4}}}}}}
	if _, err := s.Edit(t.Context(), "t1", e.ID, r); err != nil {
		t.Fatal(err)
	}
	got := get(t, l, e.ID)
	a, errA := got.Request.Fingerprint("t1", "")
	b, errB := r.Fingerprint("t1", "")
	if a != b || errA != nil || errB != nil || got.State != StateAccepted {
		t.Errorf("%s %+v", got.State, got.Request)
	}
}

// A retry has to wake a worker that sleeps: nothing else is due.
func TestRetry_isWorkedOffAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann Example", "8 (999) 000-00-01")
	h.run(h.Service)
	e := h.until(h.accept(published(987654321)).ID, StateFailed) // the helpdesk has no such ticket
	if _, err := h.Edit(t.Context(), h.tenant.ID, e.ID, published(101)); err != nil {
		t.Fatal(err)
	}
	if got := h.until(e.ID, StateDone); got.Steps.LeadID == 0 {
		t.Errorf("%+v", got.Steps)
	}
}

// A firing that was retried after eight days may wait for seven more.
func TestJudge_waitingStartsAnewWithARetry(t *testing.T) {
	t.Parallel()
	now := time.Now()
	e := Entry{CreatedAt: now.Add(-8 * 24 * time.Hour), Since: now.Add(-time.Hour)}
	if v := judge(errNoDeskToken, e, now); v.State != StateAccepted {
		t.Errorf("%+v", v)
	}
}
