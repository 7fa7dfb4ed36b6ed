package worker

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
)

// lostWrite is a write of an item whose answer is not known.
type lostWrite struct {
	*item
	intent *jobs.Intent
}

// since is when its intent was stored, in seconds of the CRM's clock: Redis' may be wrong by minutes. It must be called
// after the CRM was asked something.
func (l lostWrite) since() int64 {
	at := l.intent.At
	if crm, ok := l.account.Now(); ok {
		at = crm.Add(-l.Queue.Clock().Ago(l.now().Sub(l.intent.At)))
	}
	return at.Add(-lookBack).Unix()
}

// countLook counts a look that found nothing. Two looks some time apart, the last one a while after the write, are enough:
// then nil says that it was not done.
func (l lostWrite) countLook(ctx context.Context, text ledger.Reason) error {
	intent := l.intent
	now := l.now()
	watched := l.deps.LookFor
	if !intent.Until.IsZero() {
		watched = l.deps.LookSlow
	}
	if now.Before(intent.Start()) { // Redis' clock was set back: it would be looked for as long as that
		intent.From = now
	}
	if latest := now.Add(watched); intent.Until.After(latest) {
		intent.Until = latest
	}
	if intent.LookedAt.IsZero() || now.Sub(intent.LookedAt) >= l.deps.LookGap || now.Before(intent.LookedAt) {
		intent.Looks++
		intent.LookedAt = now
		if err := l.deps.Ledger.Record(ctx, *l.job, text); err != nil {
			return err
		}
	}
	last := intent.Start().Add(l.deps.LookFor)
	if intent.Until.After(last) {
		last = intent.Until
	}
	left := max(last.Sub(now), l.Queue.Clock().Stepped(watched)) // a step forward may have been most of the time since
	if intent.Looks >= 2 && left <= 0 {
		return nil
	}
	if !intent.Until.IsZero() { // it may come any moment: ever more seldom
		left = min(left, now.Sub(intent.Start())/2)
	}
	return &lookAgain{max(l.deps.LookGap, left), intent.Cause}
}

// markUnknown notes of a write whose answer is not known why that is, and of one whose answer did not come in time, or at all, how
// long the CRM may go on with it. Without an error, the answer does not name the write. It returns that the write is to be looked
// for.
func (l lostWrite) markUnknown(err error) *lookAgain {
	if err == nil {
		return &lookAgain{after: l.deps.LookGap / 4}
	}
	l.intent.Cause = cause(err)
	var line net.Error
	answer, _ := crm.AnswerOf(err)
	if answer.Status == http.StatusGatewayTimeout || errors.As(err, &line) && line.Timeout() ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		l.intent.Until = l.now().Add(l.deps.LookSlow)
	}
	return &lookAgain{l.deps.LookGap / 4, l.intent.Cause}
}

// mayBeBy reports of an author whether what they made can be of the write that the intent was stored for. The CRM names the user
// of the login as the author of such a write, or 0, as for a robot (amocrm.md §5.1). Everybody passes while one of the
// logins, that of the write and that of now, is not known.
func (l lostWrite) mayBeBy(author int64) bool {
	now := l.user()
	return author == 0 || l.intent.By == 0 || now == 0 || author == l.intent.By || author == now
}

// matching returns what was found that can be of the write that the intent was stored for, the oldest first.
func (l lostWrite) matching(found []bulk.Found, same func(text string) bool) (ids []int64) {
	since := l.since()
	for _, f := range found {
		if f.CreatedAt >= since && l.mayBeBy(f.CreatedBy) && same(bulk.PlainLines(f.Text)) {
			ids = append(ids, f.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
