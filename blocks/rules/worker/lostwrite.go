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

// matching returns what was found that can be of the write that the intent was stored for, the oldest first. sent is its text.
func (l lostWrite) matching(found []bulk.Found, sent string) (ids []int64) {
	since := l.since()
	for _, f := range found {
		text := bulk.PlainLines(f.Text)
		if f.CreatedAt >= since && l.mayBeBy(f.CreatedBy) && (text == sent || l.hasMark(text, l.intent.Mark)) {
			ids = append(ids, f.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// content stands for everything that is sent: deals of writes with the same content can be taken for each other.
func (it *item) content() (text string, err error) {
	content, err := it.plan.Deal.Content()
	return it.clientKey() + "\x00" + content, err
}

// register stores what the items are about to make, for all workers to see.
func (d leads) register(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	writes := map[string]string{}
	for _, it := range items {
		like, err := it.content()
		if err != nil {
			return err
		}
		writes[it.job.ID] = d.fingerprint(like)
	}
	return d.deps.Ledger.Register(ctx, items[0].job.Tenant, writes)
}

// unregister removes what was registered of items whose writes are no longer in doubt. Left over it only makes a lost deal
// less doubtful than it is, and that of the same client and content.
func (d leads) unregister(ctx context.Context, items []*item) {
	var ids []string
	for _, it := range items {
		if it.job.Steps.LeadIntent == nil {
			ids = append(ids, it.job.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	if err := d.deps.Ledger.Unregister(ctx, items[0].job.Tenant, ids); err != nil {
		d.deps.Log.WarnContext(ctx, "finished deals not taken back", "tenant", items[0].job.Tenant, "error", err)
	}
}

// claimed reports whether an object is another job's.
func (it *item) claimed(ctx context.Context, object string) (bool, error) {
	owner, err := it.deps.Ledger.ClaimedBy(ctx, it.job.Tenant, object)
	return owner != "" && owner != it.job.ID, err
}

// claim makes an object this job's; false when it is another's already.
func (it *item) claim(ctx context.Context, object string) (bool, error) {
	return it.deps.Ledger.ClaimObject(ctx, it.job.Tenant, it.job.ID, object)
}
