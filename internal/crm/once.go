package crm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/once"
)

const (
	WriteTime  = 25 * time.Second // budget of a write with the looks for it
	LookWindow = 2 * time.Minute  // how far clocks may differ
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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), WriteTime)
	defer cancel()
	key, earlier, err := x.Unfinished(ctx, w.Mark)
	if err != nil {
		return 0, fmt.Errorf("look for an unfinished write: %w", err)
	}
	one := []*attempt{{Write: w, key: key, began: time.UnixMilli(earlier), lost: earlier > 0}}
	once.Recover(ctx, protocol{x}, one)
	if one[0].id == 0 && one[0].err == nil {
		once.Make(ctx, protocol{x}, one)
	}
	return one[0].id, one[0].err
}

// protocol is how one write is made (once.Step). Its intent is its mark.
type protocol struct{ Writes }

// attempt is a write on its way.
type attempt struct {
	Write
	key   string
	began time.Time // when the intent was stored
	lost  bool
	id    int64
	err   error
}

// Lost implements once.Step.
func (protocol) Lost(w *attempt) bool { return w.lost }

// Look looks for a write that an earlier call has left in doubt.
func (x protocol) Look(ctx context.Context, lost []*attempt) {
	for _, w := range lost {
		err := x.find(ctx, w)
		switch {
		case err != nil && w.Ask: // nothing is sent now, and the earlier one is as doubtful as before
			w.err = fmt.Errorf("%w: look for an unfinished write: %w", ErrUnknownOutcome, err)
		case err != nil:
			w.err = fmt.Errorf("look for an unfinished write: %w", err)
		case w.id == 0 && w.Ask && !w.Sure:
			w.err = fmt.Errorf("%w: the CRM does not show an equal one whose answer was lost", ErrUnknownOutcome)
		}
		w.lost = w.err != nil
	}
}

// find looks once for a write that was sent, and settles it when it is there.
func (x protocol) find(ctx context.Context, w *attempt) error {
	id, err := w.Look(ctx, w.began.Add(-LookWindow))
	if err != nil || id == 0 {
		return err
	}
	w.id = id
	x.Drop(ctx, w)
	return nil
}

// Store implements once.Step.
func (x protocol) Store(ctx context.Context, writes []*attempt, _ bool) (stored []*attempt) {
	for _, w := range writes {
		w.began = time.Now()
		// Before sending: a process killed right after must leave the mark behind.
		if err := x.account.DB().Set(ctx, w.key, w.began.UnixMilli(), doubtFor).Err(); err != nil {
			w.err = fmt.Errorf("mark a write: %w", err)
			continue
		}
		w.lost = true
		stored = append(stored, w)
	}
	return stored
}

// Send implements once.Step.
func (x protocol) Send(ctx context.Context, writes []*attempt) error {
	for _, w := range writes {
		id, err := w.Send(ctx)
		if err != nil {
			return err
		}
		if id != 0 {
			w.id = id
			x.Drop(ctx, w)
		}
	}
	return nil
}

// Outcome implements once.Step. There is only one write in a call.
func (protocol) Outcome(err error, _ *attempt) (once.Outcome, error) {
	if errors.Is(err, amocrm.ErrUnknownOutcome) {
		return once.Unknown, nil
	}
	return once.NotDone, nil
}

// Drop implements once.Step.
func (x protocol) Drop(ctx context.Context, w *attempt) {
	if w.lost {
		x.Settle(ctx, w.key)
	}
	w.lost = false
}

// End looks for a write whose answer was lost while somebody waits for it.
func (x protocol) End(ctx context.Context, w *attempt, how once.Outcome, err error) {
	if w.err = err; how != once.Unknown {
		return
	}
	if err == nil {
		err = fmt.Errorf("the answer names no id: %w", amocrm.ErrUnknownOutcome)
	}
	x.account.Log().WarnContext(ctx, "answer to a write was lost", "write", w.Mark[0], "error", err)
	for _, pause := range x.account.deps.LookAgain {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		if lookErr := x.find(ctx, w); lookErr != nil {
			x.account.Log().WarnContext(ctx, "look for a lost write", "write", w.Mark[0], "error", lookErr)
		} else if w.id != 0 {
			w.err = nil
			return
		}
	}
	w.err = fmt.Errorf("%w (%w)", ErrUnknownOutcome, err)
}

// Unfinished returns the key of a write's mark and when, in Unix milliseconds, an equal write began whose outcome is not
// known, 0 for none. The mark may have been made with an older seal key; then that one is the key.
func (x Writes) Unfinished(ctx context.Context, mark []string) (key string, began int64, err error) {
	fingerprints := x.account.DB().Ring().Fingerprints(mark...)
	for _, fingerprint := range fingerprints {
		key := x.account.keys.Unconfirmed(fingerprint)
		began, err := x.account.DB().Get(ctx, key).Int64()
		if err == nil {
			return key, began, nil
		}
		if !errors.Is(err, redis.Nil) {
			return "", 0, err
		}
	}
	return x.account.keys.Unconfirmed(fingerprints[0]), 0, nil
}

// Settle removes the mark. A mark that stays only costs the next equal write a look, and it ends by itself.
func (x Writes) Settle(ctx context.Context, key string) {
	if err := x.account.DB().Del(ctx, key).Err(); err != nil {
		x.account.Log().WarnContext(ctx, "mark of a write not removed", "error", err)
	}
}

const ownFor = 30 * time.Second // how long the CRM may still report an own write

// Aspects of a deal or contact that a write touches. The report of a comment hides no change of stage.
const (
	AspectNote = "note" // a note was added
	AspectData = "data" // anything else
)

// Writes are the writes of an account: none is made twice on purpose, and the CRM's report of one is known as an echo.
type Writes struct{ account *Account }

// Writes returns the writes of the account.
func (a *Account) Writes() Writes { return Writes{a} }

// WrittenBy returns the account for a writer with a name, so that the CRM's report of its writes is known as an echo. Writes
// without a name echo as anybody's.
func (a *Account) WrittenBy(writer string) *Account {
	named := *a
	named.writer = writer
	return &named
}

// Own marks a write of a named writer. It is called before the write is sent where the id is known by then: the CRM may
// report it before it answers. A mark that can't be set costs a page one more read.
func (w Writes) Own(ctx context.Context, kind string, id int64, aspect string) {
	if w.account.writer == "" || id == 0 {
		return
	}
	if err := w.account.DB().Set(ctx, w.account.keys.Own(kind, id, aspect), w.account.writer, ownFor).Err(); err != nil {
		w.account.Log().WarnContext(ctx, "own write not remembered", "error", err)
	}
}

// Authors returns a check of authors: whether an entity that one of them made can be a write of this connection. amoCRM names
// the user who logged in as the author of such a write, or 0, as for a robot (amocrm.md §5.1). Everybody passes while that
// user is not known.
func (w Writes) Authors(ctx context.Context) func(author amocrm.ID) bool {
	meta, err := w.account.Vocabulary(ctx, PartAccount)
	user := meta.Account.CurrentUserID
	return func(author amocrm.ID) bool { return err != nil || user == 0 || author == 0 || author == user }
}
