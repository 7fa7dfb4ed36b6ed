package rules

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxReason bounds why an entry is dropped, in characters.
const MaxReason = 500

const (
	restartStep = 100 // entries started anew in one Redis step
)

// Errors of what people do with entries.
var (
	ErrConflict    = errors.New("the firing has changed meanwhile: look at it again")
	ErrDealMade    = errors.New("a deal was or may have been made of the firing already: another request could make a second one")
	ErrNoCandidate = errors.New("the deal is none of those that may be the firing's")
	ErrReason      = fmt.Errorf("a reason is needed, of at most %d characters", MaxReason)
)

// Retry starts a failed entry anew, from the step to which it came. ErrConflict when it is not failed (any more).
func (l *Ledger) Retry(ctx context.Context, tenantID, id string) error {
	e, err := l.seen(ctx, tenantID, id, StateFailed)
	if err != nil {
		return err
	}
	return l.restart(ctx, e, textRetried, nil, nil)
}

// RetryAll starts all entries anew that are failed now, in the order of their acceptance within each 500, and returns how
// many. One that fails again meanwhile is not started twice.
func (l *Ledger) RetryAll(ctx context.Context, tenantID string) (int, error) {
	for total, left, till := 0, int64(0), ""; ; {
		got, err := l.run(ctx, restartAllScript, tenantID, restartStep, till, string(textRetried), left).Slice()
		if err != nil {
			return total, fmt.Errorf("retry firings: %w", err)
		}
		looked, started := got[0].(int64), got[1].(int64)
		total, till, left = total+int(started), got[2].(string), left+got[3].(int64)
		if looked < restartStep {
			return total, nil
		}
	}
}

// Edit gives a failed or held entry another request and starts it anew; the same one only starts it anew, and changed is
// false. ErrDealMade when a deal was or may have been made of the old one; ErrConflict when it is neither failed nor held.
func (l *Ledger) Edit(ctx context.Context, tenantID, id string, r Request) (changed bool, err error) {
	e, err := l.seen(ctx, tenantID, id, StateFailed, StateHeld)
	if err != nil {
		return false, err
	}
	if !e.Editable() {
		return false, ErrDealMade
	}
	old, err := json.Marshal(e.Request)
	if err != nil {
		return false, fmt.Errorf("encode firing: %w", err)
	}
	now, err := json.Marshal(r)
	if err != nil {
		return false, fmt.Errorf("encode firing: %w", err)
	}
	if bytes.Equal(old, now) {
		return false, l.restart(ctx, e, textRetried, nil, nil)
	}
	return true, l.restart(ctx, e, textEdited, &Steps{}, &r)
}

// Drop ends a failed, held or accepted entry without a deal. ErrReason when reason is empty or too long; ErrConflict
// when the entry is being worked on or has ended.
func (l *Ledger) Drop(ctx context.Context, tenantID, id, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" || utf8.RuneCountInString(reason) > MaxReason {
		return ErrReason
	}
	e, err := l.seen(ctx, tenantID, id, StateFailed, StateHeld, StateAccepted)
	if err != nil {
		return err
	}
	line, _ := l.sealLine(tenantID, id, because("dropped", "", inWords(reason)))
	ok, err := l.run(ctx, dropScript, tenantID, id, e.rev, l.sealWhy(tenantID, id, inWords(reason)), line).Int()
	if err != nil {
		return fmt.Errorf("drop firing: %w", err)
	}
	if ok == 0 {
		return ErrConflict
	}
	return nil
}

// Adopt says that a failed entry's deal is this one of its candidates, and starts it anew for what comes after the deal.
// ErrNoCandidate when it is none of them, or another firing's already; ErrConflict when the entry is not failed.
func (l *Ledger) Adopt(ctx context.Context, tenantID, id string, leadID int64) error {
	e, err := l.seen(ctx, tenantID, id, StateFailed)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(e.Steps.Candidates, func(c Candidate) bool { return c.LeadID == leadID })
	if i < 0 || leadID == 0 {
		return ErrNoCandidate
	}
	st := e.Steps
	st.LeadID, st.LeadURL = leadID, st.Candidates[i].URL
	if st.LeadIntent != nil && st.ContactID == 0 {
		st.ContactID = st.LeadIntent.ContactID
	}
	st.Candidates, st.LeadIntent = nil, nil
	return l.restart(ctx, e, because("chosen", leadID, ""), &st, nil)
}

// MakeNew says that none of a failed entry's candidates is its deal, and starts it anew to make one. ErrNoCandidate when it
// has none; ErrConflict when it is not failed.
func (l *Ledger) MakeNew(ctx context.Context, tenantID, id string) error {
	e, err := l.seen(ctx, tenantID, id, StateFailed)
	if err != nil {
		return err
	}
	if len(e.Steps.Candidates) == 0 {
		return ErrNoCandidate
	}
	st := e.Steps
	st.Candidates, st.LeadIntent = nil, nil
	return l.restart(ctx, e, textNoneMeant, &st, nil)
}

// seen reads an entry that has to be in one of the states.
func (l *Ledger) seen(ctx context.Context, tenantID, id string, states ...State) (Entry, error) {
	e, err := l.Get(ctx, tenantID, id)
	if err == nil && !slices.Contains(states, e.State) {
		err = ErrConflict
	}
	return e, err
}

// restart makes an entry due while it is as it was seen; steps and request replace its own unless nil.
func (l *Ledger) restart(ctx context.Context, e Entry, text Reason, steps *Steps, r *Request) error {
	var stepsSealed, sealed string
	ticket, adopted := e.Request.TicketID, int64(0)
	if steps != nil {
		var err error
		if e.Steps.LeadID == 0 {
			adopted = steps.LeadID
		}
		if stepsSealed, err = l.sealSteps(e.Tenant, e.ID, *steps); err != nil {
			return err
		}
	}
	if r != nil {
		plain, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode firing: %w", err)
		}
		sealed, ticket = l.seal.Seal(plain, entryKey(e.Tenant, e.ID)), r.TicketID
	}
	got, err := l.run(ctx, restartScript, e.Tenant, e.ID, e.rev, string(text), stepsSealed, sealed, ticket, adopted,
		ownFor.Milliseconds()).Text()
	switch {
	case err != nil:
		return fmt.Errorf("retry firing: %w", err)
	case got == "changed":
		return ErrConflict
	case got == "taken":
		return ErrNoCandidate
	}
	return nil
}
