package worker

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/ledger"
)

// since is when an intent was stored, in seconds of the CRM's clock: Redis' may be wrong by minutes. It must be called
// after the CRM was asked something.
func (it *item) since(i *jobs.Intent) int64 {
	at := i.At
	if crm, ok := it.account.Now(); ok {
		at = crm.Add(-it.Queue.Clock().Ago(it.now().Sub(i.At)))
	}
	return at.Add(-lookBack).Unix()
}

// countLook counts a look that found nothing. Two looks some time apart, the last one a while after the write, are enough:
// then nil says that it was not done.
func (it *item) countLook(ctx context.Context, intent *jobs.Intent, text ledger.Reason) error {
	now := it.now()
	watched := it.deps.LookFor
	if !intent.Until.IsZero() {
		watched = it.deps.LookSlow
	}
	if now.Before(intent.Start()) { // Redis' clock was set back: it would be looked for as long as that
		intent.From = now
	}
	if latest := now.Add(watched); intent.Until.After(latest) {
		intent.Until = latest
	}
	if intent.LookedAt.IsZero() || now.Sub(intent.LookedAt) >= it.deps.LookGap || now.Before(intent.LookedAt) {
		intent.Looks++
		intent.LookedAt = now
		if err := it.deps.Ledger.Record(ctx, *it.job, text); err != nil {
			return err
		}
	}
	last := intent.Start().Add(it.deps.LookFor)
	if intent.Until.After(last) {
		last = intent.Until
	}
	left := max(last.Sub(now), it.Queue.Clock().Stepped(watched)) // a step forward may have been most of the time since
	if intent.Looks >= 2 && left <= 0 {
		return nil
	}
	if !intent.Until.IsZero() { // it may come any moment: ever more seldom
		left = min(left, now.Sub(intent.Start())/2)
	}
	return &lookAgain{max(it.deps.LookGap, left), intent.Cause}
}

// markUnknown notes of a write whose answer is not known why that is, and of one whose answer did not come in time, or at all, how
// long the CRM may go on with it. Without an error, the answer does not name the write. It returns that the write is to be looked
// for.
func (it *item) markUnknown(intent *jobs.Intent, err error) *lookAgain {
	if err == nil {
		return &lookAgain{after: it.deps.LookGap / 4}
	}
	intent.Cause = cause(err)
	var line net.Error
	answer, _ := crm.AnswerOf(err)
	if answer.Status == http.StatusGatewayTimeout || errors.As(err, &line) && line.Timeout() ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		intent.Until = it.now().Add(it.deps.LookSlow)
	}
	return &lookAgain{it.deps.LookGap / 4, intent.Cause}
}
