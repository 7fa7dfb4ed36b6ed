package rules

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

// refused posts a body as api does, and stores it when it is refused.
func refused(t *testing.T, s *Service, body string) (jobs.Job, bool) {
	t.Helper()
	r, key, err := request.Bind("application/json", []byte(body))
	if err == nil {
		t.Fatalf("%s is no mistake", body)
	}
	e, existed, err := s.Refuse(t.Context(), tenant.Tenant{ID: "t1"}, request.Refused{Request: r, Problems: request.ProblemsOf(err), ContentType: "application/json",
		Body: []byte(body), Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return e, existed
}

func TestRefuse_isStoredAsFailedWithItsReasonsAndItsBody(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	var heard []jobs.Job
	s := NewService(Deps{Deps: worker.Deps{DB: l.db, OnOutcome: func(e jobs.Job) { heard = append(heard, e) }}})
	const body = `{"key":"sk_secret","ticketId":7,"fields":{"name":"n","statusId":5,"price":"much"}}`
	e, existed := refused(t, s, body)
	if existed || e.State != ledger.StateFailed || e.Label != ledger.LabelRefused || e.Request.TicketID != 7 || e.Request.Fields.Name != "n" {
		t.Errorf("%+v", e)
	}
	if len(e.Problems) != 1 || e.Problems[0].Path != "fields.statusId" || !strings.Contains(jobs.English(e.Why), "fields.statusId: is not known here") {
		t.Errorf("%q %+v", e.Why, e.Problems)
	}
	text, err := e.Request.Text()
	if err != nil || !strings.Contains(text, `"statusId": 5`) || !strings.Contains(text, `"price": "much"`) || strings.Contains(text, "sk_secret") {
		t.Errorf("to be edited: %s %v", text, err)
	}
	if len(heard) != 1 || heard[0].ID != e.ID {
		t.Errorf("heard %+v", heard)
	}
	again, existed := refused(t, s, body)
	if !existed || again.ID != e.ID || len(heard) != 1 {
		t.Errorf("the same body is another entry: %+v", again)
	}
	c, err := s.Counts(t.Context(), "t1")
	if err != nil || c.Failed != 1 || c.Refused != 1 {
		t.Errorf("%+v %v", c, err)
	}
	for _, q := range []Query{{Label: ledger.LabelRefused}, {State: ledger.StateFailed}, {}} {
		if p, err := s.Inbox(t.Context(), "t1", q); err != nil || len(p.Jobs) != 1 {
			t.Errorf("%+v lists %+v %v", q, p.Jobs, err)
		}
	}
	if mine, err := s.OfTicket(t.Context(), "t1", 7); err != nil || len(mine) != 1 || mine[0].ID != e.ID {
		t.Errorf("its ticket has %+v %v", mine, err)
	}
}

func TestRefuse_bodyThatCantBeReadKeepsWhatItIs(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	s := NewService(Deps{Deps: worker.Deps{DB: l.db}})
	e, _ := refused(t, s, `{"ticketId":"7","fields":{"name":"A screen of 15", or so"}}`)
	text, err := e.Request.Text()
	if err != nil || text != `{"ticketId":"7","fields":{"name":"A screen of 15", or so"}}` || e.Request.TicketID != 7 || e.Problems[0].Path != "body" ||
		!strings.Contains(e.Problems[0].Detail, "line 1, column 52") {
		t.Errorf("%s %v %+v", text, err, e)
	}
	two, _ := refused(t, s, `{"ticketId":"7","fields":{"name":"She said "ticketId": "8""}}`)
	if two.Request.TicketID != 0 {
		t.Errorf("a client decides which ticket it is: %d", two.Request.TicketID)
	}
	long, _ := refused(t, s, `{"ticketId":7,"fields":{"name":"`+strings.Repeat("x", request.MaxUnread))
	if u := long.Request.Unread; !u.Cut || len(u.Body) != request.MaxUnread {
		t.Errorf("kept %d bytes, cut %v", len(u.Body), u.Cut)
	}
	var syntax *body.SyntaxError
	if err := s.Retry(t.Context(), "t1", long.ID); !errors.As(err, &syntax) {
		t.Errorf("a part of a body is retried: %v", err)
	}
}

func TestRefuse_isRetriedWhenItCanBeReadAndEditedUntilThen(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	s := NewService(Deps{Deps: worker.Deps{DB: l.db}})
	e, _ := refused(t, s, `{"ticketId":7,"fields":{"nmae":"n"}}`)
	var mistakes *request.Problems
	if err := s.Retry(t.Context(), "t1", e.ID); !errors.As(err, &mistakes) || mistakes.List[0].Path != "fields.nmae" {
		t.Errorf("retried as it stands: %v", err)
	}
	if n, err := s.RetryAll(t.Context(), "t1"); n != 0 || err != nil {
		t.Errorf("%d retried, %v", n, err)
	}
	if got := get(t, l, e.ID); got.State != ledger.StateFailed || got.Label != ledger.LabelRefused {
		t.Errorf("it is %s %s", got.State, got.Label)
	}
	r, err := request.BindEdited([]byte(`{"ticketId":8,"fields":{"name":"n"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Edit(t.Context(), "t1", e.ID, r); err != nil {
		t.Fatal(err)
	}
	got := get(t, l, e.ID)
	if got.State != ledger.StateAccepted || got.Label != "" || got.Request.Unread != nil || got.Request.TicketID != 8 {
		t.Errorf("%+v", got)
	}
	if c, err := s.Counts(t.Context(), "t1"); err != nil || c.Refused != 0 || c.Failed != 0 || c.Accepted != 1 {
		t.Errorf("%+v %v", c, err)
	}
	if mine, err := s.OfTicket(t.Context(), "t1", 8); err != nil || len(mine) != 1 {
		t.Errorf("its new ticket has %+v %v", mine, err)
	}
	// What this version can read although another has refused it.
	old, _, err := s.Refuse(t.Context(), tenant.Tenant{ID: "t1"}, request.Refused{Body: []byte(`{"ticketId":9,"fields":{}}`), ContentType: "application/json",
		Problems: []request.Problem{{Path: "fields.new", Code: request.CodeUnknown}}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.RetryAll(t.Context(), "t1"); n != 1 || err != nil || get(t, l, old.ID).State != ledger.StateAccepted {
		t.Errorf("%d retried, %v", n, err)
	}
}

func TestRefuse_neitherFillsTheLedgerNorCountsAsOneTicket(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	s := NewService(Deps{Deps: worker.Deps{DB: l.db}})
	for i := range 2 * jobs.MaxRepeats {
		if e, existed := refused(t, s, fmt.Sprintf(`{"fields":{"x":%d}}`, i)); existed || e.Label != ledger.LabelRefused {
			t.Fatalf("%d: a firing whose ticket is not known is taken for a loop: %+v", i, e)
		}
	}
	for i := range jobs.MaxRepeats + 5 {
		refused(t, s, fmt.Sprintf(`{"ticketId":7,"fields":{"x":%d}}`, i))
	}
	c, err := s.Counts(t.Context(), "t1")
	if err != nil || c.Refused != 3*jobs.MaxRepeats || c.Failed != c.Refused+1 {
		t.Errorf("a ticket that goes on firing is not stopped: %+v %v", c, err)
	}
}
