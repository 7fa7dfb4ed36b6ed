package worker

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
)

// intent is what is stored before the item's deal is sent.
func (it *item) intent() *jobs.Intent {
	l := it.plan.Deal
	i := &jobs.Intent{At: it.now(), ContactID: it.contactID, PipelineID: l.PipelineID, Price: wholeOf(l.Price), By: it.user()}
	if name := strings.TrimSpace(l.Name); name != "" {
		i.Mark = it.fingerprint(name)
	}
	return i
}

// content stands for everything that is sent: deals of writes with the same content can be taken for each other.
func (it *item) content() (text string, err error) {
	content, err := it.plan.Deal.Content()
	return it.clientKey() + "\x00" + content, err
}

// register stores what the items are about to make, for all workers to see.
func (b *batch) register(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	writes := map[string]string{}
	for _, it := range items {
		like, err := it.content()
		if err != nil {
			return err
		}
		writes[it.job.ID] = it.fingerprint(like)
	}
	return b.deps.Ledger.Register(ctx, items[0].job.Tenant, writes)
}

// unregister removes what was registered of items whose writes are no longer in doubt. Left over it only makes a lost deal
// less doubtful than it is, and that of the same client and content.
func (b *batch) unregister(ctx context.Context, items []*item) {
	var ids []string
	for _, it := range items {
		if it.job.Steps.LeadIntent == nil {
			ids = append(ids, it.job.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	if err := b.deps.Ledger.Unregister(ctx, items[0].job.Tenant, ids); err != nil {
		b.deps.Log.WarnContext(ctx, "finished deals not taken back", "tenant", items[0].job.Tenant, "error", err)
	}
}

// similar counts the writes, this one among them, that could have made the deal that the item is looking for.
func (it *item) countSimilar(ctx context.Context) (int, error) {
	like, err := it.content()
	if err != nil {
		return 0, err
	}
	open, err := it.deps.Ledger.Registered(ctx, it.job.Tenant)
	if err != nil {
		return 0, err
	}
	n := 1
	for id, other := range open {
		if id != it.job.ID && it.hasMark(like, other) {
			n++
		}
	}
	return n, nil
}

// claimed reports whether an object is another entry's.
func (it *item) claimed(ctx context.Context, object string) (bool, error) {
	owner, err := it.deps.Ledger.ClaimedBy(ctx, it.job.Tenant, object)
	return owner != "" && owner != it.job.ID, err
}

// claim makes an object this entry's; false when it is another's already.
func (it *item) claim(ctx context.Context, object string) (bool, error) {
	return it.deps.Ledger.ClaimObject(ctx, it.job.Tenant, it.job.ID, object)
}

// user is the CRM user who is logged in, 0 when that is not known for certain.
func (b *batch) user() int64 {
	if b.meta.Stale {
		return 0
	}
	return int64(b.meta.Account.CurrentUserID)
}

// mayBeBy reports of an author whether what he made can be of the write that the intent was stored for. The CRM names the user
// of the login as the author of such a write, or 0, as for a robot (amocrm.md §5.1). Everybody passes while one of the
// logins, that of the write and that of now, is not known.
func (b *batch) mayBeBy(i *jobs.Intent, author int64) bool {
	now := b.user()
	return author == 0 || i.By == 0 || now == 0 || author == i.By || author == now
}

// wholeOf is a price without cents, nil for any other.
func wholeOf(price json.Number) *int64 {
	n, err := price.Int64()
	if err != nil || strings.Contains(price.String(), ".") {
		return nil
	}
	return &n
}
