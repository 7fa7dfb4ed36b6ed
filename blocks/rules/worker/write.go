package worker

import (
	"context"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/once"
)

// write is how one kind of thing is made in the CRM for many items (once.Step).
type write struct {
	*batch
	kind
}

// kind is what items make in the CRM: deals, notes, tasks.
type kind interface {
	name() string // in reasons
	// slot is where an item's steps keep what was made, and the intent to make it.
	slot(st *jobs.Steps) (id *int64, intent **jobs.Intent)
	// prepare puts the intents of items into their steps.
	prepare(ctx context.Context, items []*item)
	// next returns which of the items that are sent again may go now.
	next(items []*item) []*item
	send(ctx context.Context, items []*item) ([]bulk.Made, error)
	// made stores what was made as its items'.
	made(ctx context.Context, items []*item, answers []bulk.Made)
	// Look looks for what was made for items without an answer (once.Step).
	Look(ctx context.Context, items []*item)
	// refused ends an item, or leaves out what the CRM has refused of it.
	refused(ctx context.Context, it *item, err error)
}

func (w write) Lost(it *item) bool {
	id, intent := w.slot(&it.job.Steps)
	return *intent != nil && *id == 0 && !it.hasOutcome()
}

// Store implements once.Step. Each is so known to be this worker's still.
func (w write) Store(ctx context.Context, items []*item, again bool) []*item {
	items = unfinished(items)
	if again {
		items = w.next(items)
		w.confirm(ctx, items, "")
	} else {
		w.prepare(ctx, items)
		items = unfinished(items)
		w.confirm(ctx, items, ledger.Reason("=sending_"+w.name()))
	}
	return unfinished(items)
}

func (w write) Send(ctx context.Context, items []*item) error {
	sending, cancel := w.withinLease(ctx)
	defer cancel()
	answer, err := w.send(sending, items)
	ids, keys := make([]string, len(items)), make([][]string, len(answer))
	for i, it := range items {
		ids[i] = it.job.ID
	}
	for i, m := range answer {
		keys[i] = m.Keys
	}
	var whose []*item
	var answers []bulk.Made
	for i, k := range once.Match(ids, keys) {
		if k >= 0 && answer[k].ID != 0 {
			whose, answers = append(whose, items[i]), append(answers, answer[k])
		}
	}
	if len(whose) > 0 {
		w.made(context.WithoutCancel(ctx), whose, answers)
	}
	return err
}

func (w write) Drop(_ context.Context, it *item) {
	_, intent := w.slot(&it.job.Steps)
	*intent = nil
}

func (w write) Outcome(err error, it *item) (once.Outcome, error) {
	return bulk.Outcome(err, it.job.ID)
}

func (w write) End(ctx context.Context, it *item, how once.Outcome, err error) {
	switch how {
	case once.Unknown:
		_, intent := w.slot(&it.job.Steps)
		it.fail(ctx, lostWrite{it, *intent}.markUnknown(err))
	case once.Refused:
		w.refused(ctx, it, err)
	default:
		it.fail(ctx, err)
	}
}

// withinLease ends a write before another worker may take the jobs up: a worker that has slept since it made sure of
// them sends nothing.
func (b *batch) withinLease(ctx context.Context) (context.Context, context.CancelFunc) {
	until := b.confirmedAt.Add(b.deps.Lease * 2 / 3)
	ctx, cancel := context.WithDeadline(ctx, until)
	return awake{ctx, until.Round(0)}, cancel
}

// awake is a context that is over by the wall's clock as well: the one that timers go by stands still while the machine is
// suspended.
type awake struct {
	context.Context
	until time.Time // without the timers' clock
}

// Err is asked right before something is sent.
func (a awake) Err() error {
	if err := a.Context.Err(); err != nil {
		return err
	}
	if time.Now().Round(0).After(a.until) {
		return context.DeadlineExceeded
	}
	return nil
}
