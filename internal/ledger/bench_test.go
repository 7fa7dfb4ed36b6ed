package ledger

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/internal/store"
)

const patience = 2 * time.Minute // for what a slow machine does in time

const (
	whySlow    Reason = "=slow"
	whyNoLogin Reason = "=no_login"
)

// Leases: the real one has to outlive a slow machine.
const (
	testLease = 200 * time.Millisecond
	realLease = 3 * time.Second
)

// Request, Steps and Problem stand for those of a kind.
type (
	Request struct {
		TicketID int64
		Fields   struct{ Name string }
		Comment  string
	}
	Steps struct {
		ClientID, ContactID, LeadID, NoteID int64
		LeadURL                             string
		LeadIntent                          *Intent
		Candidates                          []Candidate
		Skipped                             bool
	}
	Intent struct {
		At        time.Time
		ContactID int64
	}
	Candidate struct {
		LeadID    int64
		Name, URL string
	}
	Problem struct {
		Path, Code, Detail, Key string
		Params                  map[string]string
	}

	Entry   = Job[Request, Steps, Problem]
	outcome = Outcome[Problem]
	core    = Ledger[Request, Steps, Problem]
)

var kind = Kind[Request, Steps]{
	Name:    "fire",
	Order:   func(r Request) string { return strconv.FormatInt(r.TicketID, 10) },
	Objects: func(s Steps) []string { return []string{strconv.FormatInt(s.LeadID, 10)} },

	RepeatFor: 24 * time.Hour, KeepDone: 7 * 24 * time.Hour, KeepFailed: 90 * 24 * time.Hour, KeepObjects: 8 * 24 * time.Hour,
	MaxBatch: 50, MaxWaiting: 20_000, MaxFinished: 10_000, MaxRefused: 5_000, MaxRecent: 20, MaxRepeats: 20, RepeatsFor: time.Hour,
	Counted: map[string]bool{"waits": true, "sending_deal": true},
}

func newLedger(db *store.DB, lease time.Duration) *core {
	k := kind
	k.Lease = lease
	return New[Request, Steps, Problem](db, k)
}

// What a kind makes of a ledger.
var (
	errMade   = errors.New("something was made of it already")
	errNoneOf = errors.New("none of the candidates")
)

type query struct {
	State        State
	Label        Label
	Ticket       int64
	Text, Before string
	Limit        int
	Reason       func(Entry) string
}

// typed is a ledger as a kind uses it.
type typed struct{ *core }

func (l typed) Accept(ctx context.Context, tenant string, r Request, repeat string) (Entry, bool, error) {
	return l.core.Accept(ctx, tenant, Offer[Request, Steps, Problem]{Request: r, Repeat: repeat})
}

func (l typed) Refuse(ctx context.Context, tenant string, r Request, repeat string, why Reason, list []Problem) (Entry, bool, error) {
	return l.core.Accept(ctx, tenant, Offer[Request, Steps, Problem]{Request: r, Repeat: repeat,
		End: outcome{State: StateFailed, Label: LabelRefused, Why: why, Problems: list}})
}

func (l typed) Shelve(ctx context.Context, tenant string, r Request, repeat string, why Reason) (Entry, bool, error) {
	return l.core.Accept(ctx, tenant, Offer[Request, Steps, Problem]{Request: r, Repeat: repeat, Steps: Steps{Skipped: true},
		End: outcome{State: StateDone, Why: why}})
}

func (l typed) Retry(ctx context.Context, tenant, id string) error {
	e, err := l.Seen(ctx, tenant, id, StateFailed)
	if err != nil {
		return err
	}
	return l.Restart(ctx, e, Change[Request, Steps]{})
}

func (l typed) Edit(ctx context.Context, tenant, id string, r Request) (changed bool, err error) {
	e, err := l.Seen(ctx, tenant, id, StateFailed, StateHeld)
	switch {
	case err != nil:
		return false, err
	case e.Steps.LeadID != 0 || e.Steps.LeadIntent != nil || len(e.Steps.Candidates) > 0:
		return false, errMade
	case r == e.Request:
		return false, l.Restart(ctx, e, Change[Request, Steps]{})
	}
	return true, l.Restart(ctx, e, Change[Request, Steps]{Text: "=edited", Request: &r, Steps: &Steps{}})
}

func (l typed) Adopt(ctx context.Context, tenant, id string, lead int64) error {
	e, err := l.Seen(ctx, tenant, id, StateFailed)
	if err != nil {
		return err
	}
	st := e.Steps
	i := slices.IndexFunc(st.Candidates, func(c Candidate) bool { return c.LeadID == lead })
	if i < 0 {
		return errNoneOf
	}
	if st.LeadIntent != nil && st.ContactID == 0 {
		st.ContactID = st.LeadIntent.ContactID
	}
	st.LeadID, st.LeadURL, st.Candidates, st.LeadIntent = lead, st.Candidates[i].URL, nil, nil
	err = l.Restart(ctx, e, Change[Request, Steps]{Text: Because("chosen", lead, ""), Steps: &st, Object: strconv.FormatInt(lead, 10)})
	if errors.Is(err, ErrClaimed) {
		return errNoneOf
	}
	return err
}

func (l typed) MakeNew(ctx context.Context, tenant, id string) error {
	e, err := l.Seen(ctx, tenant, id, StateFailed)
	if err != nil {
		return err
	}
	st := e.Steps
	if len(st.Candidates) == 0 {
		return errNoneOf
	}
	st.Candidates, st.LeadIntent = nil, nil
	return l.Restart(ctx, e, Change[Request, Steps]{Text: "=none_meant", Steps: &st})
}

func (l typed) move(ctx context.Context, e Entry, into string) error {
	return l.put(ctx, e, into, func(Request) (string, error) { return "k", nil })
}

// Next returns when the next job is due; ok is false when none is.
func (l typed) Next(ctx context.Context, tenant string) (due time.Time, ok bool, err error) {
	found, err := l.Look(ctx, []string{tenant}, nil)
	if err != nil {
		return time.Time{}, false, err
	}
	return found[0].Next, !found[0].Next.IsZero(), nil
}

func (l typed) Inbox(ctx context.Context, tenant string, q query) (Page[Request, Steps, Problem], error) {
	ask := Query[Request, Steps, Problem]{State: q.State, Label: q.Label, Before: q.Before, Limit: q.Limit}
	if q.Ticket != 0 {
		ask.Order = kind.Order(Request{TicketID: q.Ticket})
	}
	if text := strings.ToLower(strings.TrimSpace(q.Text)); text != "" {
		ask.Match = func(e Entry) bool {
			in := []string{e.ID, e.Order, e.Request.Fields.Name, string(e.Why)}
			if q.Reason != nil {
				in = append(in, q.Reason(e))
			}
			return slices.ContainsFunc(in, func(s string) bool { return strings.Contains(strings.ToLower(s), text) })
		}
	}
	return l.List(ctx, tenant, ask)
}

// bench is a ledger with a way to let its clock run.
type bench struct {
	typed
	db   *store.DB
	pass func(time.Duration)
}

func memoryLedger(t testing.TB) bench {
	t.Helper()
	m := miniredis.RunT(t)
	now := time.Now()
	m.SetTime(now)
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + m.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return bench{typed{newLedger(db, testLease)}, db, func(d time.Duration) {
		now = now.Add(d)
		m.SetTime(now)
		m.FastForward(d)
	}}
}

func realLedger(t testing.TB) bench {
	t.Helper()
	db := server.open(t)
	return bench{typed{newLedger(db, realLease)}, db, func(d time.Duration) {
		time.Sleep(d + 2*time.Millisecond) // a real server's clock can't be moved
	}}
}

func firing(ticket int64, name string) Request {
	r := Request{TicketID: ticket, Comment: "a secret remark"}
	r.Fields.Name = name
	return r
}

func mustAccept(t testing.TB, l bench, r Request, idem string) Entry {
	t.Helper()
	e, existed, err := l.Accept(t.Context(), "t1", r, idem)
	if err != nil || existed {
		t.Fatalf("accept: existed %v, %v", existed, err)
	}
	return e
}

func mustClaim(t testing.TB, l bench, n int) []Entry {
	t.Helper()
	b, err := l.Claim(t.Context(), "t1", n)
	if err != nil {
		t.Fatal(err)
	}
	return b.Jobs
}

func ids(es []Entry) []string {
	var out []string
	for _, e := range es {
		out = append(out, e.ID)
	}
	return out
}
