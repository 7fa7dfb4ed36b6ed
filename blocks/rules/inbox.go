package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// OfTicket returns the newest entries of a ticket, newest first, without timelines.
func (s *Service) OfTicket(ctx context.Context, tenantID string, ticketID int64) ([]Entry, error) {
	return s.ledger.OfTicket(ctx, tenantID, ticketID)
}

// Inbox returns a page of a tenant's entries. An unknown state or cursor is none.
func (s *Service) Inbox(ctx context.Context, tenantID string, q Query) (Page, error) {
	return s.ledger.Inbox(ctx, tenantID, q)
}

// Retry starts a failed entry anew, from the step to which it came. ErrConflict when it is not failed (any more). The body
// of a refused one is read again: the errors of Bind say why it can't be carried out yet.
func (s *Service) Retry(ctx context.Context, tenantID, id string) error {
	return s.restarted(ctx, tenantID, id, s.retry(ctx, tenantID, id))
}

func (s *Service) retry(ctx context.Context, tenantID, id string) error {
	e, err := s.ledger.seen(ctx, tenantID, id, StateFailed)
	if err != nil {
		return err
	}
	if e.Request.Unread != nil {
		return s.reread(ctx, tenantID, e)
	}
	return s.ledger.Retry(ctx, tenantID, id)
}

// RetryAll starts all entries anew that are failed now and returns how many. Refused ones that still can't be carried out
// stay as they are.
func (s *Service) RetryAll(ctx context.Context, tenantID string) (int, error) {
	n, err := s.ledger.RetryAll(ctx, tenantID)
	if err == nil {
		var more int
		more, err = s.retryRefused(ctx, tenantID)
		n += more
	}
	if n == 0 {
		return 0, err
	}
	return n, errors.Join(err, s.restarted(ctx, tenantID, "", nil))
}

// Edit gives a failed or held entry another request and starts it anew; changed is false when it is the same. *Problems when the request would not be accepted
// from a rule either; ErrDealMade when a deal was or may have been made of the old one; ErrConflict when the entry is
// neither failed nor held.
func (s *Service) Edit(ctx context.Context, tenantID, id string, r Request) (changed bool, err error) {
	body, err := json.Marshal(r)
	if err != nil {
		return false, fmt.Errorf("encode firing: %w", err)
	}
	if r, err = BindEdited(body); err != nil {
		return false, err
	}
	changed, err = s.ledger.Edit(ctx, tenantID, id, r)
	return changed, s.restarted(ctx, tenantID, id, err)
}

// Drop ends a failed, held or accepted entry without a deal. ErrReason when reason is empty or too long; ErrConflict
// when the entry is being worked on or has ended.
func (s *Service) Drop(ctx context.Context, tenantID, id, reason string) error {
	return s.restarted(ctx, tenantID, id, s.ledger.Drop(ctx, tenantID, id, reason)) // the next of its ticket may be due
}

// Adopt says that a failed entry's deal is this one of its candidates, and starts it anew for what comes after the deal.
// ErrNoCandidate when it is none of them, or another firing's already; ErrConflict when the entry is not failed.
func (s *Service) Adopt(ctx context.Context, tenantID, id string, leadID int64) error {
	return s.restarted(ctx, tenantID, id, s.ledger.Adopt(ctx, tenantID, id, leadID))
}

// MakeNew says that none of a failed entry's candidates is its deal, and starts it anew to make one. ErrNoCandidate when it
// has none; ErrConflict when it is not failed.
func (s *Service) MakeNew(ctx context.Context, tenantID, id string) error {
	return s.restarted(ctx, tenantID, id, s.ledger.MakeNew(ctx, tenantID, id))
}

// restarted tells workers and watchers of a change, unless err says that there was none.
func (s *Service) restarted(ctx context.Context, tenantID, id string, err error) error {
	if err != nil {
		return err
	}
	if err := s.hints.soon(context.WithoutCancel(ctx), tenantID); err != nil {
		s.Log.WarnContext(ctx, "firing restarted without a hint", "tenant", tenantID, "firing", id, "error", err) // the sweep finds it
	}
	s.wake(tenantID)
	s.tell(tenantID, id)
	return nil
}
