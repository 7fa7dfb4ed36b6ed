package rules

import (
	"context"
	"time"

	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/once"
)

// write is how one kind of thing is made in the CRM for many jobs (once.Step).
type write struct {
	*haul
	kind
}

// kind is what jobs make in the CRM: deals, notes, tasks.
type kind interface {
	name() string // in reasons
	// state and put are where a job's steps keep what was made, and the intent to make it.
	state(st *Steps) (id int64, intent *Intent)
	put(st *Steps, id int64, intent *Intent)
	// intend puts the intents of jobs into their steps.
	intend(ctx context.Context, jobs []*job)
	// next returns which of the jobs that are sent again may go now.
	next(jobs []*job) []*job
	send(ctx context.Context, jobs []*job) ([]bulk.Made, error)
	// took makes what was made its jobs'.
	took(ctx context.Context, jobs []*job, things []bulk.Made)
	// look looks for what was made for jobs without an answer (once.Step).
	look(ctx context.Context, jobs []*job)
	// refused ends a job, or leaves out what the CRM has refused of it.
	refused(ctx context.Context, j *job, err error)
}

// Lost implements once.Step.
func (w write) Lost(j *job) bool {
	id, intent := w.state(&j.e.Steps)
	return intent != nil && id == 0 && !j.closed()
}

// Look implements once.Step.
func (w write) Look(ctx context.Context, jobs []*job) { w.look(ctx, jobs) }

// Store implements once.Step. Each is so known to be this worker's still.
func (w write) Store(ctx context.Context, jobs []*job, again bool) []*job {
	jobs = alive(jobs)
	if again {
		jobs = w.next(jobs)
		w.hold(ctx, jobs, "")
	} else {
		w.intend(ctx, jobs)
		jobs = alive(jobs)
		w.hold(ctx, jobs, ledger.Reason("=sending_"+w.name()))
	}
	return alive(jobs)
}

// Send implements once.Step.
func (w write) Send(ctx context.Context, jobs []*job) error {
	sending, cancel := w.withinLease(ctx)
	defer cancel()
	answer, err := w.send(sending, jobs)
	ids, keys := make([]string, len(jobs)), make([][]string, len(answer))
	for i, j := range jobs {
		ids[i] = j.e.ID
	}
	for i, m := range answer {
		keys[i] = m.Keys
	}
	var whose []*job
	var things []bulk.Made
	for i, k := range once.Match(ids, keys) {
		if k >= 0 && answer[k].ID != 0 {
			whose, things = append(whose, jobs[i]), append(things, answer[k])
		}
	}
	if len(whose) > 0 {
		w.took(context.WithoutCancel(ctx), whose, things)
	}
	return err
}

// Drop implements once.Step.
func (w write) Drop(_ context.Context, j *job) {
	id, _ := w.state(&j.e.Steps)
	w.put(&j.e.Steps, id, nil)
}

// Outcome implements once.Step.
func (w write) Outcome(err error, j *job) (once.Outcome, error) { return bulk.Outcome(err, j.e.ID) }

// End implements once.Step.
func (w write) End(ctx context.Context, j *job, how once.Outcome, err error) {
	switch how {
	case once.Unknown:
		_, intent := w.state(&j.e.Steps)
		j.fail(ctx, j.doubt(intent, err))
	case once.Refused:
		w.refused(ctx, j, err)
	default:
		j.fail(ctx, err)
	}
}

// withinLease ends a write before another worker may take the entries up: a worker that has slept since it made sure of
// them sends nothing.
func (h *haul) withinLease(ctx context.Context) (context.Context, context.CancelFunc) {
	until := h.held.Add(h.deps.Lease * 2 / 3)
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
