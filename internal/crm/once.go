package crm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
)

const (
	writeFor   = 25 * time.Second // budget of a write with the looks for it
	lookWindow = 2 * time.Minute  // how far clocks may differ
	doubtFor   = 15 * time.Minute // how long an equal write looks for one whose answer was lost before it is sent
)

// Write is something that must not be made twice. Mark names it by its content. Look finds it in the CRM among what was
// made since, 0 when it is not there; it must leave out what is known to have been made by an earlier write. While the
// outcome of an equal write is not known, one with Ask is sent only with Sure.
type Write struct {
	Mark []string
	Ask  bool
	Sure bool
	Send func(ctx context.Context) (int64, error)
	Look func(ctx context.Context, since time.Time) (int64, error)
}

// Once sends a write and gives the id of what it made. It goes on when the caller gives up. When the answer is lost it
// looks for the result; when that is not there either, the error is ErrUnknownOutcome and the same write within a
// quarter of an hour looks again before it sends, one with Ask instead of it.
func (x Writes) Once(ctx context.Context, w Write) (int64, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeFor)
	defer cancel()
	key, earlier, err := x.Unfinished(ctx, w.Mark)
	if err != nil {
		return 0, fmt.Errorf("look for an unfinished write: %w", err)
	}
	if earlier > 0 {
		id, err := w.Look(ctx, time.UnixMilli(earlier).Add(-lookWindow))
		switch {
		case err != nil && w.Ask: // nothing is sent now, and the earlier one is as doubtful as before
			return 0, fmt.Errorf("%w: look for an unfinished write: %w", ErrUnknownOutcome, err)
		case err != nil:
			return 0, fmt.Errorf("look for an unfinished write: %w", err)
		}
		if id != 0 {
			x.Settle(ctx, key)
			return id, nil
		}
		if w.Ask && !w.Sure {
			return 0, fmt.Errorf("%w: the CRM does not show an equal one whose answer was lost", ErrUnknownOutcome)
		}
	}
	began := time.Now()
	// Before sending: a process killed right after must leave the mark behind.
	if err := x.account.DB().Set(ctx, key, began.UnixMilli(), doubtFor).Err(); err != nil {
		return 0, fmt.Errorf("mark a write: %w", err)
	}
	id, err := w.Send(ctx)
	if err == nil && id == 0 {
		err = fmt.Errorf("the answer names no id: %w", amocrm.ErrUnknownOutcome)
	}
	if !errors.Is(err, amocrm.ErrUnknownOutcome) {
		x.Settle(ctx, key)
		return id, err
	}
	x.account.Log().WarnContext(ctx, "answer to a write was lost", "write", w.Mark[0], "error", err)
	for _, pause := range x.account.deps.LookAgain {
		if !sleep(ctx, pause) {
			break
		}
		id, lookErr := w.Look(ctx, began.Add(-lookWindow))
		if lookErr != nil {
			x.account.Log().WarnContext(ctx, "look for a lost write", "write", w.Mark[0], "error", lookErr)
			continue
		}
		if id != 0 {
			x.Settle(ctx, key)
			return id, nil
		}
	}
	return 0, fmt.Errorf("%w (%w)", ErrUnknownOutcome, err)
}

// Unfinished returns the key of a write's mark and when, in Unix milliseconds, an equal write began whose outcome is not
// known, 0 for none. The mark may have been made with an older seal key; then that one is the key.
func (x Writes) Unfinished(ctx context.Context, mark []string) (key string, began int64, err error) {
	prints := x.account.DB().Ring().Fingerprints(mark...)
	for _, print := range prints {
		key := x.account.keys.Unconfirmed(print)
		began, err := x.account.DB().Get(ctx, key).Int64()
		if err == nil {
			return key, began, nil
		}
		if !errors.Is(err, redis.Nil) {
			return "", 0, err
		}
	}
	return x.account.keys.Unconfirmed(prints[0]), 0, nil
}

// Settle removes the mark. A mark that stays only costs the next equal write a look, and it ends by itself.
func (x Writes) Settle(ctx context.Context, key string) {
	if err := x.account.DB().Del(ctx, key).Err(); err != nil {
		x.account.Log().WarnContext(ctx, "mark of a write not removed", "error", err)
	}
}

// sleep waits and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
