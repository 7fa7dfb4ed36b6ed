package crm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
)

const (
	writeFor   = 25 * time.Second // budget of a write with the looks for it
	lookWindow = 2 * time.Minute  // how far clocks may differ
	doubtFor   = 15 * time.Minute // how long an equal write looks for one whose answer was lost before it is sent
)

// write is something that must not be made twice. mark names it by its content. look finds it in the CRM among what was
// made since, 0 when it is not there; it must leave out what is known to have been made by an earlier write. While the
// outcome of an equal write is not known, one with ask is sent only with sure.
type write struct {
	mark []string
	ask  bool
	sure bool
	send func(ctx context.Context) (int64, error)
	look func(ctx context.Context, since time.Time) (int64, error)
}

// once sends a write and gives the id of what it made. It goes on when the caller gives up. When the answer is lost it
// looks for the result; when that is not there either, the error is ErrUnknownOutcome and the same write within a
// quarter of an hour looks again before it sends, one with ask instead of it.
func (a *Account) once(ctx context.Context, w write) (int64, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeFor)
	defer cancel()
	key, earlier, err := a.unfinished(ctx, w.mark)
	if err != nil {
		return 0, fmt.Errorf("look for an unfinished write: %w", err)
	}
	if earlier > 0 {
		id, err := w.look(ctx, time.UnixMilli(earlier).Add(-lookWindow))
		switch {
		case err != nil && w.ask: // nothing is sent now, and the earlier one is as doubtful as before
			return 0, fmt.Errorf("%w: look for an unfinished write: %w", ErrUnknownOutcome, err)
		case err != nil:
			return 0, fmt.Errorf("look for an unfinished write: %w", err)
		}
		if id != 0 {
			a.settle(ctx, key)
			return id, nil
		}
		if w.ask && !w.sure {
			return 0, fmt.Errorf("%w: the CRM does not show an equal one whose answer was lost", ErrUnknownOutcome)
		}
	}
	began := time.Now()
	// Before sending: a process killed right after must leave the mark behind.
	if err := a.b.DB.Set(ctx, key, began.UnixMilli(), doubtFor).Err(); err != nil {
		return 0, fmt.Errorf("mark a write: %w", err)
	}
	id, err := w.send(ctx)
	if err == nil && id == 0 {
		err = fmt.Errorf("the answer names no id: %w", amocrm.ErrUnknownOutcome)
	}
	if !errors.Is(err, amocrm.ErrUnknownOutcome) {
		a.settle(ctx, key)
		return id, err
	}
	a.b.Log.WarnContext(ctx, "answer to a write was lost", "tenant", a.tenant.ID, "write", w.mark[0], "error", err)
	for _, pause := range a.b.lookAgain {
		if !sleep(ctx, pause) {
			break
		}
		id, lookErr := w.look(ctx, began.Add(-lookWindow))
		if lookErr != nil {
			a.b.Log.WarnContext(ctx, "look for a lost write", "tenant", a.tenant.ID, "write", w.mark[0], "error", lookErr)
			continue
		}
		if id != 0 {
			a.settle(ctx, key)
			return id, nil
		}
	}
	return 0, fmt.Errorf("%w (%w)", ErrUnknownOutcome, err)
}

// unfinished gives the key of a write's mark and when, in Unix milliseconds, an equal write began whose outcome is not
// known, 0 for none. The mark may have been made with an older seal key; then that one is the key.
func (a *Account) unfinished(ctx context.Context, mark []string) (key string, began int64, err error) {
	prints := a.b.DB.Ring().Fingerprints(mark...)
	for _, print := range prints {
		key := a.Keys().Unconfirmed(print)
		began, err := a.b.DB.Get(ctx, key).Int64()
		if err == nil {
			return key, began, nil
		}
		if !errors.Is(err, redis.Nil) {
			return "", 0, err
		}
	}
	return a.Keys().Unconfirmed(prints[0]), 0, nil
}

// ours returns a check of authors: whether an entity that one of them made can be a write of this connection. amoCRM names the
// user who logged in as the author of such a write, or 0, as for a robot (amocrm.md §5.1). Everybody passes while that
// user is not known.
func (a *Account) ours(ctx context.Context) func(author amocrm.ID) bool {
	meta, err := a.meta(ctx, partAccount)
	user := meta.Account.CurrentUserID
	return func(author amocrm.ID) bool { return err != nil || user == 0 || author == 0 || author == user }
}

// settle removes the mark. A mark that stays only costs the next equal write a look, and it ends by itself.
func (a *Account) settle(ctx context.Context, key string) {
	if err := a.b.DB.Del(ctx, key).Err(); err != nil {
		a.b.Log.WarnContext(ctx, "mark of a write not removed", "tenant", a.tenant.ID, "error", err)
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

// refused turns amoCRM's refusal of a form into FieldErrors: formPath gives the form's path for amoCRM's. Other errors
// come back as they are.
func refused(err error, formPath func(string) string) error {
	var e *amocrm.Error
	if !errors.As(err, &e) || e.Kind != amocrm.KindInvalid {
		return err
	}
	out := &FieldErrors{cause: err}
	for _, v := range e.Validation {
		key := KeyFromTheCRM
		switch v.Code {
		case "NotSupportedChoice":
			key = KeyBadChoice
		case "InvalidType":
			key = KeyBadValue
		}
		f := FieldError{Path: formPath(v.Path), Key: key, Text: v.Detail}
		if _, twice := out.At(f.Path); !twice || f.Path == "" {
			out.Fields = append(out.Fields, f)
		}
	}
	if len(out.Fields) == 0 {
		text := strings.TrimSpace(e.Detail)
		if text == "" {
			text = e.Title
		}
		out.Fields = []FieldError{{Key: KeyFromTheCRM, Text: text}}
	}
	return out
}
