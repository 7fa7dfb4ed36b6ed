package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sidecard/sidecard/internal/store"
)

// ErrBusy says that the first sending of the same form is still at work.
var ErrBusy = errors.New("the same form is being worked on")

// formLease is how long a form counts as being worked on when the worker vanished.
const formLease = 60 * time.Second

const (
	formWorking = "working"
	formDone    = "done:"
)

// Once is the right to act on a form that was sent. Exactly one of Done and Release must be called.
type Once struct {
	s   *Sessions
	key string
}

// Begin claims a form by the token that was drawn into it. The first caller gets a Once. Later ones (a double click, a
// repeated POST) get the first one's result; they wait for it until ctx ends, then it is ErrBusy. A token of a
// wrong shape is ErrExpired.
func (s *Sessions) Begin(ctx context.Context, session Session, token string) (once *Once, result string, err error) {
	if !idShape.MatchString(token) {
		return nil, "", ErrExpired
	}
	key := sessionKey(session.ID) + ":form:" + token
	for {
		first, err := s.db.SetNX(ctx, key, formWorking, formLease).Result()
		if err != nil {
			return nil, "", fmt.Errorf("claim form: %w", err)
		}
		if first {
			return &Once{s: s, key: key}, "", nil
		}
		state, _, err := store.Found(s.db.Get(ctx, key).Result())
		if err != nil {
			return nil, "", fmt.Errorf("read form: %w", err)
		}
		if result, done := strings.CutPrefix(state, formDone); done {
			return nil, result, nil
		}
		select {
		case <-ctx.Done():
			return nil, "", ErrBusy
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Done keeps what the form led to, for those who send it again. It outlives the request that did the work.
func (o *Once) Done(ctx context.Context, result string) error {
	return store.Wrap("store form result", o.s.db.Set(context.WithoutCancel(ctx), o.key, formDone+result, SessionLife).Err())
}

// Release gives the form back, so that it can be corrected and sent again.
func (o *Once) Release(ctx context.Context) error {
	return store.Wrap("release form", o.s.db.Del(context.WithoutCancel(ctx), o.key).Err())
}
