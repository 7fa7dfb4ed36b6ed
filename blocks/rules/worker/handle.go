package worker

import (
	"context"
	"errors"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
)

// Handle works off a claim (dispatch.Handler), inside a trace that has begun with it.
func (w *Worker) Handle(ctx, work context.Context, tenantID string, claim jobs.Batch, began time.Time) (pause time.Duration) {
	var from []string
	for _, j := range claim.Jobs {
		if j.Mark != "" {
			from = append(from, j.Mark)
		}
	}
	work, end := step(work, "haul", began, len(claim.Jobs), from...)
	defer end()
	_, claimed := step(work, "claim", began, len(claim.Jobs))
	claimed()
	return w.workOff(ctx, work, claim, tenantID)
}

// workOff works off a claim and stores what becomes of its jobs. pause is how long to leave the tenant alone.
func (w *Worker) workOff(ctx, work context.Context, claim jobs.Batch, tenantID string) (pause time.Duration) {
	began := time.Now()
	b := &batch{Worker: w, companies: map[string]int64{},
		now:      func() time.Time { return claim.Now.Add(time.Since(began)) },
		stopping: func() bool { return ctx.Err() != nil }}
	b.contacts = contacts{b, map[string]int64{}}
	for i := range claim.Jobs {
		b.items = append(b.items, &item{batch: b, job: &claim.Jobs[i]})
	}
	stopRenewing := w.Queue.Renewing(work, claim, tenantID)
	defer stopRenewing()
	b.run(work, tenantID)
	b.finish(work)
	if b.shared != nil && b.shared.State == ledger.StateAccepted {
		return b.shared.After
	}
	return 0
}

// finish stores what becomes of a job.
func (w *Worker) finish(ctx context.Context, j *jobs.Job, v outcome) {
	w.tellBack(ctx, j, v.Outcome)
	// The outcome must be stored even when the work was interrupted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := w.deps.Ledger.Finish(ctx, *j, v.Outcome)
	j.State, j.Label = v.State, v.Label
	switch {
	case errors.Is(err, ledger.ErrClaimLost):
		w.deps.Log.WarnContext(ctx, "firing was taken over", "tenant", j.Tenant, "firing", j.ID)
	case err != nil: // its lease ends, and it is claimed again from the steps that are stored
		w.deps.Log.ErrorContext(ctx, "store outcome of a firing", "tenant", j.Tenant, "firing", j.ID, "error", err)
	default:
		if w.deps.OnOutcome != nil {
			w.deps.OnOutcome(*j)
		}
	}
	w.Queue.Notify(j.Tenant, j.ID)
}
