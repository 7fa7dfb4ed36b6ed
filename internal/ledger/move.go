package ledger

import (
	"context"
	"slices"
)

// Move takes the jobs of a tenant over to another one: what waits becomes due there, what has failed lies there, each with its
// id, steps and timeline. What is done or dropped stays. No worker may work for from meanwhile. repeat is what recognises a
// request there. It may be repeated after an error. moved is how many.
func (l *Records[P, S, R]) Move(ctx context.Context, from, into string, repeat func(P) (string, error)) (moved int, err error) {
	var all []Job[P, S, R]
	err = l.Visit(ctx, from, func(j Job[P, S, R]) error {
		if j.State != StateDone && j.State != StateDropped {
			all = append(all, j)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(all, func(a, b Job[P, S, R]) int { return int(a.seq - b.seq) }) // their order stays
	for _, j := range all {
		if err := l.put(ctx, j, into, repeat); err != nil {
			return 0, err
		}
	}
	// Only now: whatever breaks off before leaves them in both, and the next Move puts none a second time.
	return l.Erase(ctx, from, all)
}

// put stores a copy of an unfinished or failed job with a tenant, unless that one has it.
func (l *Records[P, S, R]) put(ctx context.Context, j Job[P, S, R], into string, repeat func(P) (string, error)) error {
	request, err := l.sealRequest(into, j.ID, j.Request)
	if err != nil {
		return err
	}
	steps, err := l.sealSteps(into, j.ID, j.Steps)
	if err != nil {
		return err
	}
	problems, err := l.sealProblems(into, j.ID, j.Problems)
	if err != nil {
		return err
	}
	idem, err := repeat(j.Request)
	if err != nil {
		return err
	}
	state := StateAccepted
	if j.State == StateFailed {
		state = StateFailed
	}
	args := []any{j.ID, j.Order, request, string(state), l.sealWhy(into, j.ID, j.Why), steps, problems,
		j.CreatedAt.UnixMilli(), j.Repeats, idem, string(textMoved), j.cut, string(j.Label)}
	for _, line := range j.Timeline {
		if line.LeftOut == 0 {
			args = append(args, l.storedLine(into, j.ID, line))
		}
	}
	return l.run(ctx, l.scripts.put, into, args...).Err()
}
