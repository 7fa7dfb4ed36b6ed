package worker

import "context"

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
