package rules

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/ledger"
)

// since is when an intent was stored, in seconds of the CRM's clock: Redis' may be wrong by minutes. It must be called
// after the CRM was asked something.
func (j *job) since(i *Intent) int64 {
	at := i.At
	if crm, ok := j.account.Now(); ok {
		at = crm.Add(-j.queue.Clock().Ago(j.now().Sub(i.At)))
	}
	return at.Add(-lookBack).Unix()
}

// looked counts a look that found nothing. Two looks some time apart, the last one a while after the write, are enough:
// then nil says that it was not done.
func (j *job) looked(ctx context.Context, intent *Intent, text ledger.Reason) error {
	now := j.now()
	watched := j.deps.LookFor
	if !intent.Until.IsZero() {
		watched = j.deps.LookSlow
	}
	if now.Before(intent.from()) { // Redis' clock was set back: it would be looked for as long as that
		intent.From = now
	}
	if latest := now.Add(watched); intent.Until.After(latest) {
		intent.Until = latest
	}
	if intent.LookedAt.IsZero() || now.Sub(intent.LookedAt) >= j.deps.LookGap || now.Before(intent.LookedAt) {
		intent.Looks++
		intent.LookedAt = now
		if err := j.ledger.Record(ctx, *j.e, text); err != nil {
			return err
		}
	}
	last := intent.from().Add(j.deps.LookFor)
	if intent.Until.After(last) {
		last = intent.Until
	}
	left := max(last.Sub(now), j.queue.Clock().Stepped(watched)) // a step forward may have been most of the time since
	if intent.Looks >= 2 && left <= 0 {
		return nil
	}
	if !intent.Until.IsZero() { // it may come any moment: ever more seldom
		left = min(left, now.Sub(intent.from())/2)
	}
	return &lookAgain{max(j.deps.LookGap, left), intent.Cause}
}

// doubt notes of a write whose answer is not known why that is, and of one whose answer did not come in time, or at all, how
// long the CRM may go on with it. Without an error, the answer does not name the write. It returns that the write is to be looked
// for.
func (j *job) doubt(intent *Intent, err error) *lookAgain {
	if err == nil {
		return &lookAgain{after: j.deps.LookGap / 4}
	}
	intent.Cause = cause(err)
	var line net.Error
	answer, _ := crm.AnswerOf(err)
	if answer.Status == http.StatusGatewayTimeout || errors.As(err, &line) && line.Timeout() ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		intent.Until = j.now().Add(j.deps.LookSlow)
	}
	return &lookAgain{j.deps.LookGap / 4, intent.Cause}
}
