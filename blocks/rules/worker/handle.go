package worker

import (
	"context"
	"errors"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
)

// Handle works off a claim (dispatch.Handler), inside a trace that has begun with it.
func (w *Worker) Handle(ctx, work context.Context, tenantID string, b jobs.Batch, began time.Time) (pause time.Duration) {
	var from []string
	for _, e := range b.Jobs {
		if e.Mark != "" {
			from = append(from, e.Mark)
		}
	}
	work, end := step(work, "haul", began, len(b.Jobs), from...)
	defer end()
	_, claimed := step(work, "claim", began, len(b.Jobs))
	claimed()
	return w.workOff(ctx, work, b, tenantID)
}

// finish stores what becomes of a job.
func (w *Worker) finish(ctx context.Context, e *jobs.Job, v outcome) {
	w.tellBack(ctx, e, v.Outcome)
	// The outcome must be stored even when the work was interrupted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := w.deps.Ledger.Finish(ctx, *e, v.Outcome)
	e.State, e.Label = v.State, v.Label
	switch {
	case errors.Is(err, ledger.ErrClaimLost):
		w.deps.Log.WarnContext(ctx, "firing was taken over", "tenant", e.Tenant, "firing", e.ID)
	case err != nil: // its lease ends, and it is taken up again from the steps that are stored
		w.deps.Log.ErrorContext(ctx, "store outcome of a firing", "tenant", e.Tenant, "firing", e.ID, "error", err)
	default:
		if w.deps.OnOutcome != nil {
			w.deps.OnOutcome(*e)
		}
	}
	w.Queue.Notify(e.Tenant, e.ID)
}
