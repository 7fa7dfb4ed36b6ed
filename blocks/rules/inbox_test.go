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

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

func TestExport_writesRowsThatNoSpreadsheetRuns(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	s := NewService(Deps{Deps: worker.Deps{DB: l.db}})
	for i, why := range []string{`=HYPERLINK("http://evil.example.com")`, "+1", "-1", "@SUM(1)", "\tx", "\rx", `plain, "quoted"` + "\nline"} {
		mustAccept(t, l, firing(int64(i+1), "x"), "")
		e := mustClaim(t, l, 1)[0]
		e.Steps = jobs.Steps{ClientID: 3, ContactID: 4, LeadID: 5, LeadURL: "https://x.amocrm.ru/leads/detail/5"}
		if err := l.Finish(t.Context(), e, jobs.Outcome{State: ledger.StateFailed, Why: ledger.InWords(why)}); err != nil {
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
	s := NewService(Deps{Deps: worker.Deps{DB: l.db}})
	e := mustAccept(t, l, firing(1, "x"), "")
	stored := l.db.HGetAll(t.Context(), entryKey("t1", e.ID)).Val()
	pipe := l.db.Pipeline()
	for i := range MaxExport { // copies; the request is sealed for its own key, so each needs its own
		id := fmt.Sprintf("%026d", i)
		one := map[string]any{}
		for k, v := range stored {
			one[k] = v
		}
		one["request"] = l.db.Ring().Seal([]byte(`{"ticketId":7}`), entryKey("t1", id))
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
	if err != nil || len(rows) != 1+MaxExport+1 || !strings.Contains(rows[len(rows)-1][10], "10,000") {
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
	if err := NewService(Deps{Deps: worker.Deps{DB: l.db}}).Export(t.Context(), "t1", Query{}, brokenPipe{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestEdit_isReadAsARuleIs(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	s := NewService(Deps{Deps: worker.Deps{DB: l.db}})
	e := failed(t, l, jobs.Steps{})
	var mistakes *request.Problems
	if _, err := s.Edit(t.Context(), "t1", e.ID, request.Request{TicketID: -1, Fields: request.LeadFields{Name: strings.Repeat("x", request.MaxName+1)}}); !errors.As(err, &mistakes) || len(mistakes.List) != 2 {
		t.Errorf("got %v", err)
	}
	if got := get(t, l, e.ID); got.State != ledger.StateFailed {
		t.Errorf("it is %s", got.State)
	}
	r := request.Request{TicketID: 9, Comment: "c", Fields: request.LeadFields{Name: "n", Price: "5", Custom: []request.CustomField{
		{FieldID: 3, Values: []request.CustomValue{{Value: []byte(`"a"`)}, {EnumID: 4}}}}}}
	if _, err := s.Edit(t.Context(), "t1", e.ID, r); err != nil {
		t.Fatal(err)
	}
	got := get(t, l, e.ID)
	a, errA := got.Request.Fingerprint("t1", "")
	b, errB := r.Fingerprint("t1", "")
	if a != b || errA != nil || errB != nil || got.State != ledger.StateAccepted {
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
	e := h.until(h.accept(published(987654321)).ID, ledger.StateFailed) // the helpdesk has no such ticket
	if _, err := h.Edit(t.Context(), h.tenant.ID, e.ID, published(101)); err != nil {
		t.Fatal(err)
	}
	if got := h.until(e.ID, ledger.StateDone); got.Steps.LeadID == 0 {
		t.Errorf("%+v", got.Steps)
	}
}
