package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxReason bounds why a job is dropped, in characters.
const MaxReason = 500

const restartStep = 100 // jobs started anew in one Redis step

// ErrReason is a reason that is empty or too long.
var ErrReason = fmt.Errorf("a reason is needed, of at most %d characters", MaxReason)

// Seen returns a job that has to be in one of the states; ErrConflict when it is in none of them.
func (l *Records[P, S, R]) Seen(ctx context.Context, tenantID, id string, states ...State) (Job[P, S, R], error) {
	j, err := l.Get(ctx, tenantID, id)
	if err == nil && !slices.Contains(states, j.State) {
		err = ErrConflict
	}
	return j, err
}

// Change is what a person changes of a job that is started anew. Nil leaves a part as it is.
type Change[P, S any] struct {
	Text    Reason // of the timeline; "" is that it was retried
	Request *P
	Steps   *S
	Object  string // one that the job claims, as by ClaimObject; "" is none
}

// Restart starts a job anew, from the step to which it came, while it is as it was seen. ErrConflict when it has changed since;
// ErrClaimed when another job has claimed the object.
func (l *Records[P, S, R]) Restart(ctx context.Context, j Job[P, S, R], c Change[P, S]) error {
	var steps, request string
	var err error
	if c.Steps != nil {
		if steps, err = l.sealSteps(j.Tenant, j.ID, *c.Steps); err != nil {
			return err
		}
	}
	if c.Request != nil {
		j.Order = l.kind.Order(*c.Request)
		if request, err = l.sealRequest(j.Tenant, j.ID, *c.Request); err != nil {
			return err
		}
	}
	got, err := l.run(ctx, l.scripts.restart, j.Tenant, j.ID, j.rev, string(cmp.Or(c.Text, textRetried)), steps, request, j.Order, c.Object).Text()
	switch {
	case err != nil:
		return fmt.Errorf("retry run: %w", err)
	case got == "changed":
		return ErrConflict
	case got == "taken":
		return ErrClaimed
	}
	return nil
}

// RestartAll starts all jobs anew that are failed now, but refused ones, in the order of their acceptance within each 100, and
// returns how many. One that fails again meanwhile is not started twice.
func (l *Records[P, S, R]) RestartAll(ctx context.Context, tenantID string) (int, error) {
	for total, left, till := 0, int64(0), ""; ; {
		got, err := l.run(ctx, l.scripts.restartAll, tenantID, restartStep, till, string(textRetried), left).Slice()
		if err != nil {
			return total, fmt.Errorf("retry runs: %w", err)
		}
		looked, started := got[0].(int64), got[1].(int64)
		total, till, left = total+int(started), got[2].(string), left+got[3].(int64)
		if looked < restartStep {
			return total, nil
		}
	}
}

// Drop ends a failed, held or accepted job. ErrReason when reason is empty or too long; ErrConflict when the job is being worked
// on or has ended.
func (l *Records[P, S, R]) Drop(ctx context.Context, tenantID, id, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" || utf8.RuneCountInString(reason) > MaxReason {
		return ErrReason
	}
	j, err := l.Seen(ctx, tenantID, id, StateFailed, StateHeld, StateAccepted)
	if err != nil {
		return err
	}
	why := InWords(reason)
	line, _ := l.sealLine(tenantID, id, Because(codeDropped, "", why))
	return done("drop run", l.run(ctx, l.scripts.drop, tenantID, id, j.rev, l.sealWhy(tenantID, id, why), line), ErrConflict)
}
