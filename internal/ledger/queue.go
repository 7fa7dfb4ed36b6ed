package ledger

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

const resumeStep = 500 // jobs resumed in one Redis step

// Queue is what accepts jobs and gives them to workers.
type Queue[P, S, R any] struct{ *stored[P, S, R] }

// Lease is how long a claim holds without a sign of life.
func (l *Queue[P, S, R]) Lease() time.Duration { return l.kind.Lease }

// Offer is a job to be accepted.
type Offer[P, S, R any] struct {
	Request P
	Repeat  string // the same within Kind.RepeatFor is the same job; "" is none
	Mark    string // kept as it is
	// End, if it has a state, is how the job ends at once: failed or done, with these steps.
	End   Outcome[R]
	Steps S
	// Behind adds further commands right behind it, in the same round trip and the same sync of Redis' file. They run whatever
	// becomes of the job, and their errors are for who added them. May be nil.
	Behind func(redis.Pipeliner)
}

// Accept stores a job. existed: the same Repeat was accepted before, and j is that job as it is now. ErrFull when the tenant
// has too many waiting. One more of an order than Kind.MaxRepeats is stored as failed; further ones are only counted by that
// job, which is returned as if it had existed, while it is failed or dropped.
func (l *Queue[P, S, R]) Accept(ctx context.Context, tenantID string, o Offer[P, S, R]) (j Job[P, S, R], existed bool, err error) {
	id := newID()
	request, err := l.sealRequest(tenantID, id, o.Request)
	if err != nil {
		return j, false, err
	}
	var steps, problems, line string
	if o.End.State != "" {
		if steps, problems, err = l.sealResult(tenantID, id, o.Steps, o.End.Problems); err != nil {
			return j, false, err
		}
		line, _ = l.sealLine(tenantID, id, o.End.line())
	}
	order := l.kind.Order(o.Request)
	got, err := l.runWith(ctx, l.scripts.accept, o.Behind, tenantID, id, o.Repeat, order, request, o.Mark,
		string(o.End.State), l.sealWhy(tenantID, id, o.End.Why), steps, problems, line, string(o.End.Label)).StringSlice()
	if err != nil {
		return j, false, fmt.Errorf("store run: %w", err)
	}
	switch got[1] {
	case "full":
		return j, false, ErrFull
	case "existed", "ended":
		j, err = l.Get(ctx, tenantID, got[0])
		return j, got[1] == "existed", err
	}
	now := millis(got[1])
	return Job[P, S, R]{V: schema, ID: id, Tenant: tenantID, State: StateAccepted, Request: o.Request, Order: order, Mark: o.Mark,
		CreatedAt: now, UpdatedAt: now, Since: now, DueAt: now, Timeline: []Line{{At: now, Text: textAccepted}}}, false, nil
}

// Batch is a claim of jobs in the order of their acceptance.
type Batch[P, S, R any] struct {
	Claim string
	Jobs  []Job[P, S, R]
	Now   time.Time // Redis' clock at the claim
}

// Claim takes up to n (at most Kind.MaxBatch) due jobs of one tenant for the time of the lease. A job is not taken while an
// earlier one of its order is unfinished outside this claim. An empty batch means that nothing is due.
func (l *Queue[P, S, R]) Claim(ctx context.Context, tenantID string, n int) (Batch[P, S, R], error) {
	return l.ClaimTrusting(ctx, tenantID, n, time.UnixMilli(math.MaxInt64), 0)
}

// ClaimTrusting is Claim that trusts Redis' clock up to latest only: when it says more, jobs whose lease has ended are left to
// their worker for wait.
func (l *Queue[P, S, R]) ClaimTrusting(ctx context.Context, tenantID string, n int, latest time.Time, wait time.Duration) (Batch[P, S, R], error) {
	claim := newID()
	got, err := l.run(ctx, l.scripts.claim, tenantID, claim, min(n, l.kind.MaxBatch), l.kind.Lease.Milliseconds(),
		latest.UnixMilli(), wait.Milliseconds()).StringSlice()
	if err != nil {
		return Batch[P, S, R]{}, fmt.Errorf("claim runs: %w", err)
	}
	found, err := l.load(ctx, tenantID, got[1:], false)
	mine := slices.DeleteFunc(found, func(j Job[P, S, R]) bool { return j.claim != claim })
	return Batch[P, S, R]{Claim: claim, Jobs: mine, Now: millis(got[0])}, store.Wrap("read claimed runs", err)
}

// Record stores the steps of a claimed job, adds text (if any) to its timeline, starts its lease anew, and ends its waits in a
// row. ErrClaimLost when the claim is no longer the job's.
func (l *Queue[P, S, R]) Record(ctx context.Context, j Job[P, S, R], text Reason) error {
	return l.RecordAll(ctx, []Job[P, S, R]{j}, []Reason{text}, true)[0]
}

// RecordAll is Record for jobs of one tenant, in one round trip; the errors are in the order of the jobs. Without progress, as
// for what is only about to be tried, their waits in a row go on.
func (l *Queue[P, S, R]) RecordAll(ctx context.Context, jobs []Job[P, S, R], texts []Reason, progress bool) []error {
	errs := make([]error, len(jobs))
	answers := make([]*redis.Cmd, len(jobs))
	// The pipeline's own error is the first of any command; each command's is looked at below.
	_, _ = l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, j := range jobs {
			var steps string
			if steps, errs[i] = l.sealSteps(j.Tenant, j.ID, j.Steps); errs[i] != nil {
				continue
			}
			line, mark := l.sealLine(j.Tenant, j.ID, texts[i])
			// A script's hash is of no use in a pipeline: nobody could send the text after NOSCRIPT.
			answers[i] = l.scripts.record.Eval(ctx, p, []string{l.prefix(j.Tenant)}, j.ID, j.claim, steps, line, mark,
				l.kind.Lease.Milliseconds(), progress)
		}
		return nil
	})
	for i, a := range answers {
		if errs[i] == nil {
			errs[i] = done("record steps", a, ErrClaimLost)
		}
	}
	return errs
}

// Renew starts the lease of claimed jobs anew; jobs that belong to another claim are left alone.
func (l *Queue[P, S, R]) Renew(ctx context.Context, tenantID, claim string, ids []string) error {
	args := []any{claim, l.kind.Lease.Milliseconds()}
	for _, id := range ids {
		args = append(args, id)
	}
	return store.Wrap("renew claim", l.run(ctx, l.scripts.renew, tenantID, args...).Err())
}

// Finish ends the claim of a job: done, failed, held, or accepted again (postponed). What was to be held is due at once
// instead if a release came after the claim. ErrClaimLost when the claim is no longer the job's.
func (l *Queue[P, S, R]) Finish(ctx context.Context, j Job[P, S, R], o Outcome[R]) error {
	steps, problems, err := l.sealResult(j.Tenant, j.ID, j.Steps, o.Problems)
	if err != nil {
		return err
	}
	line, mark := l.sealLine(j.Tenant, j.ID, o.line())
	return done("finish job", l.run(ctx, l.scripts.finish, j.Tenant, j.ID, j.claim, string(o.State), l.sealWhy(j.Tenant, j.ID, o.Why),
		o.After.Milliseconds(), steps, problems, !o.Tried && !o.State.Finished(), line, mark, string(o.Label)), ErrClaimLost)
}

// Resume makes all held jobs of a tenant due, in the order of their acceptance, and returns how many.
func (l *Queue[P, S, R]) Resume(ctx context.Context, tenantID string) (int, error) {
	for total := 0; ; {
		n, err := l.run(ctx, l.scripts.resume, tenantID, resumeStep).Int()
		if err != nil {
			return total, fmt.Errorf("resume jobs: %w", err)
		}
		total += n
		if n < resumeStep {
			return total, nil
		}
	}
}

// done reads the answer of a script that changes a job while it is as its caller knows it; 0 is that it is not.
func done(what string, answer *redis.Cmd, otherwise error) error {
	ok, err := answer.Int()
	if err == nil && ok == 0 {
		return otherwise
	}
	return store.Wrap(what, err)
}
