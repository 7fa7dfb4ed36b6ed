package rules

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/ledger"
)

// Errors of what people do with jobs.
var (
	ErrDealMade    = errors.New("a deal was or may have been made of the job already: another request could make a second one")
	ErrNoCandidate = errors.New("the deal is none of those that may be the job's")
)

// Query selects jobs of a tenant.
type Query struct {
	State  ledger.State // "" for all
	Label  ledger.Label // "" for all; with one, State does not count
	Ticket int64        // 0 for all
	Text   string       // part of ticket id, job id, deal name or reason; letter case does not matter
	Before string       // Next of the page before
	Limit  int          // at most 200; 0 is 50
	// Reason is how the reader sees a job's Why; nil: in English.
	Reason func(jobs.Job) string
	// Present is where an address of a deal leads now, for exports; nil: as it is stored.
	Present func(string) string
}

func (q Query) reason(e jobs.Job) string {
	if q.Reason == nil {
		return jobs.English(e.Why)
	}
	return q.Reason(e)
}

// asked is the query as the ledger takes it.
func (q Query) asked() jobs.Query {
	out := jobs.Query{State: q.State, Label: q.Label, Before: q.Before, Limit: q.Limit}
	if q.Ticket != 0 {
		out.Order = jobs.Order(q.Ticket)
	}
	if text := strings.ToLower(strings.TrimSpace(q.Text)); text != "" {
		out.Match = func(e jobs.Job) bool {
			in := []string{e.ID, e.Order, e.Request.Fields.Name, jobs.English(e.Why), q.reason(e)}
			return slices.ContainsFunc(in, func(s string) bool { return strings.Contains(strings.ToLower(s), text) })
		}
	}
	return out
}

// Records are the jobs as people look at them and change them.
type Records struct{ *core }

// Get returns a job of a tenant, or ledger.ErrNotFound.
func (s Records) Get(ctx context.Context, tenantID, id string) (jobs.Job, error) {
	return s.deps.Ledger.Get(ctx, tenantID, id)
}

// Counts counts a tenant's jobs by state.
func (s Records) Counts(ctx context.Context, tenantID string) (ledger.Counts, error) {
	return s.deps.Ledger.Counts(ctx, tenantID)
}

// OfTicket returns the newest jobs of a ticket, newest first, without timelines.
func (s Records) OfTicket(ctx context.Context, tenantID string, ticketID int64) ([]jobs.Job, error) {
	return s.deps.Ledger.OfOrder(ctx, tenantID, jobs.Order(ticketID))
}

// Failed returns how many jobs of a tenant need a person.
func (s Records) Failed(ctx context.Context, tenantID string) (int, error) {
	c, err := s.Counts(ctx, tenantID)
	return c.Failed, err
}

// Waiting returns how many jobs of a tenant are not done.
func (s Records) Waiting(ctx context.Context, tenantID string) (int, error) {
	c, err := s.Counts(ctx, tenantID)
	return c.Waiting(), err
}

// Latest returns a ticket's newest job and its state, as the texts inbox.state.… name it; id is "" for none.
func (s Records) Latest(ctx context.Context, tenantID string, ticketID int64) (id, state string, err error) {
	found, err := s.OfTicket(ctx, tenantID, ticketID)
	if len(found) == 0 {
		return "", "", err
	}
	return found[0].ID, jobs.StateOf(found[0]), err
}

// Inbox returns a page of a tenant's jobs, newest first: by the last change of state, or by creation when all states are
// listed. An unknown state or cursor is none.
func (s Records) Inbox(ctx context.Context, tenantID string, q Query) (jobs.Page, error) {
	return s.deps.Ledger.List(ctx, tenantID, q.asked())
}

// Newest returns why the newest job of a state, or with a label, stands as it does, in English; "" when there is none.
func (s Records) Newest(ctx context.Context, tenantID string, state ledger.State, label ledger.Label) (why string, err error) {
	p, err := s.Inbox(ctx, tenantID, Query{State: state, Label: label, Limit: 1})
	if err != nil || len(p.Jobs) == 0 {
		return "", err
	}
	return jobs.English(p.Jobs[0].Why), nil
}

// Retry starts a failed job anew, from the step to which it came. ledger.ErrConflict when it is not failed (any more). The
// body of a refused one is read again: the errors of Bind say why it can't be carried out yet.
func (s Records) Retry(ctx context.Context, tenantID, id string) error {
	return s.restarted(ctx, tenantID, id, s.retry(ctx, tenantID, id))
}

func (s Records) retry(ctx context.Context, tenantID, id string) error {
	e, err := s.deps.Ledger.Seen(ctx, tenantID, id, ledger.StateFailed)
	if err != nil {
		return err
	}
	if e.Request.Unread != nil {
		return s.reread(ctx, tenantID, e)
	}
	return s.deps.Ledger.Restart(ctx, e, jobs.Change{})
}

// RetryAll starts all jobs anew that are failed now and returns how many. Refused ones that still can't be carried out stay
// as they are.
func (s Records) RetryAll(ctx context.Context, tenantID string) (int, error) {
	n, err := s.deps.Ledger.RestartAll(ctx, tenantID)
	if err == nil {
		var more int
		more, err = s.retryRefused(ctx, tenantID)
		n += more
	}
	if n > 0 {
		s.queue.Restarted(ctx, tenantID, "")
	}
	return n, err
}

// Edit gives a failed or held job another request and starts it anew; changed is false when it is the same. *Problems when
// the request would not be accepted from a rule either; ErrDealMade when a deal was or may have been made of the old one;
// ledger.ErrConflict when the job is neither failed nor held.
func (s Records) Edit(ctx context.Context, tenantID, id string, r request.Request) (changed bool, err error) {
	body, err := json.Marshal(r)
	if err != nil {
		return false, fmt.Errorf("encode job: %w", err)
	}
	if r, err = request.BindEdited(body); err != nil {
		return false, err
	}
	changed, err = s.edit(ctx, tenantID, id, r)
	return changed, s.restarted(ctx, tenantID, id, err)
}

func (s Records) edit(ctx context.Context, tenantID, id string, r request.Request) (changed bool, err error) {
	e, err := s.deps.Ledger.Seen(ctx, tenantID, id, ledger.StateFailed, ledger.StateHeld)
	if err != nil {
		return false, err
	}
	if !jobs.Editable(e) {
		return false, ErrDealMade
	}
	old, err := json.Marshal(e.Request)
	if err != nil {
		return false, fmt.Errorf("encode job: %w", err)
	}
	now, err := json.Marshal(r)
	if err != nil {
		return false, fmt.Errorf("encode job: %w", err)
	}
	if bytes.Equal(old, now) {
		return false, s.deps.Ledger.Restart(ctx, e, jobs.Change{})
	}
	return true, s.deps.Ledger.Restart(ctx, e, jobs.Change{Text: "=edited", Steps: &jobs.Steps{}, Request: &r})
}

// Drop ends a failed, held or accepted job without a deal. ledger.ErrReason when reason is empty or too long;
// ledger.ErrConflict when the job is being worked on or has ended.
func (s Records) Drop(ctx context.Context, tenantID, id, reason string) error {
	return s.restarted(ctx, tenantID, id, s.deps.Ledger.Drop(ctx, tenantID, id, reason)) // the next of its ticket may be due
}

// Adopt decides that a failed job's deal is this one of its candidates, and starts it anew for what comes after the deal.
// ErrNoCandidate when it is none of them, or another job's already; ledger.ErrConflict when the job is not failed.
func (s Records) Adopt(ctx context.Context, tenantID, id string, leadID int64) error {
	return s.restarted(ctx, tenantID, id, s.decide(ctx, tenantID, id, func(st *jobs.Steps) (jobs.Change, error) {
		i := slices.IndexFunc(st.Candidates, func(c jobs.Candidate) bool { return c.LeadID == leadID })
		if i < 0 || leadID == 0 {
			return jobs.Change{}, ErrNoCandidate
		}
		c := jobs.Change{Text: ledger.Because("chosen", leadID, "")}
		if st.LeadID == 0 {
			c.Object = jobs.DealObject(leadID)
		}
		st.LeadID, st.LeadURL = leadID, st.Candidates[i].URL
		if st.LeadIntent != nil && st.ContactID == 0 {
			st.ContactID = st.LeadIntent.ContactID
		}
		return c, nil
	}))
}

// MakeNew decides that none of a failed job's candidates is its deal, and starts it anew to make one. ErrNoCandidate when it
// has none; ledger.ErrConflict when it is not failed.
func (s Records) MakeNew(ctx context.Context, tenantID, id string) error {
	return s.restarted(ctx, tenantID, id, s.decide(ctx, tenantID, id, func(st *jobs.Steps) (jobs.Change, error) {
		if len(st.Candidates) == 0 {
			return jobs.Change{}, ErrNoCandidate
		}
		return jobs.Change{Text: "=none_meant"}, nil
	}))
}

// decide starts a failed job anew with its candidates decided upon.
func (s Records) decide(ctx context.Context, tenantID, id string, how func(*jobs.Steps) (jobs.Change, error)) error {
	e, err := s.deps.Ledger.Seen(ctx, tenantID, id, ledger.StateFailed)
	if err != nil {
		return err
	}
	st := e.Steps
	c, err := how(&st)
	if err != nil {
		return err
	}
	st.Candidates, st.LeadIntent = nil, nil
	c.Steps = &st
	if err = s.deps.Ledger.Restart(ctx, e, c); errors.Is(err, ledger.ErrClaimed) {
		return ErrNoCandidate
	}
	return err
}

// Move takes the jobs of a tenant over to another one of the same CRM account (ledger.Move). from must never have been
// connected, so that no worker writes to the CRM for it meanwhile.
func (s Records) Move(ctx context.Context, from, into string) (moved int, err error) {
	moved, err = s.deps.Ledger.Move(ctx, from, into, func(r request.Request) (string, error) { return r.Fingerprint(into, "") }) // a repeat there, too
	if err != nil {
		return moved, fmt.Errorf("move jobs: %w", err)
	}
	if moved > 0 {
		s.queue.Restarted(ctx, into, "")
	}
	return moved, nil
}

// restarted has workers and who waits look at a change, unless err says that there was none.
func (s Records) restarted(ctx context.Context, tenantID, id string, err error) error {
	if err == nil {
		s.queue.Restarted(ctx, tenantID, id)
	}
	return err
}

// reread starts a refused job anew if its body can be read by now.
func (s Records) reread(ctx context.Context, tenantID string, e jobs.Job) error {
	u := e.Request.Unread
	if u.Cut {
		return &body.SyntaxError{Detail: fmt.Sprintf("only the first %d KiB of the body were kept: edit it", request.MaxUnread>>10)}
	}
	r, _, err := request.Bind(u.ContentType, u.Body)
	if err != nil {
		return err
	}
	_, err = s.edit(ctx, tenantID, e.ID, r)
	return err
}

// retryRefused starts the refused jobs anew that can be carried out by now.
func (s Records) retryRefused(ctx context.Context, tenantID string) (started int, err error) {
	q := Query{Label: ledger.LabelRefused, Limit: ledger.MaxPage}
	for {
		p, err := s.Inbox(ctx, tenantID, q)
		if err != nil {
			return started, err
		}
		for _, e := range p.Jobs {
			switch err := s.retry(ctx, tenantID, e.ID); {
			case err == nil:
				started++
			case request.ProblemsOf(err) == nil && !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, ledger.ErrNotFound):
				return started, err
			}
		}
		if p.Next == "" {
			return started, nil
		}
		q.Before = p.Next
	}
}
