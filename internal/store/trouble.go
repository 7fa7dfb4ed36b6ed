package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrTrouble matches every error of a Redis that can't serve now, and which waiting or its operator can mend. What was to be
// stored may be stored nevertheless when the line was cut: callers repeat, as every write of ours allows.
var ErrTrouble = errors.New("store: Redis can't serve now")

// Trouble is such an error. Why is a sentence for operators without address or key.
type Trouble struct {
	Why string
	Err error
}

func (t *Trouble) Error() string        { return t.Why + ": " + t.Err.Error() }
func (t *Trouble) Unwrap() error        { return t.Err }
func (t *Trouble) Is(target error) bool { return target == ErrTrouble }

const (
	whyAway     = "Redis is not reachable"
	whyLoading  = "Redis is starting and still reads its data"
	whyReadOnly = "Redis is read-only: REDIS_URL names a replica, or a failover is under way"
	whyFull     = "Redis is full: its maxmemory is reached"
	whyDisk     = "Redis can't write to its disk"
	whyCluster  = "the Redis cluster has no node for some of the keys"
)

// troubles maps the beginnings of Redis' answers.
var troubles = []struct{ prefix, why string }{
	{"LOADING", whyLoading},
	{"READONLY", whyReadOnly}, {"MASTERDOWN", whyReadOnly}, {"NOREPLICAS", whyReadOnly},
	{"OOM", whyFull},
	{"MISCONF", whyDisk},
	{"CLUSTERDOWN", whyCluster}, {"TRYAGAIN", whyCluster},
}

// slowFrom is the time after which a missed deadline is put down to Redis and not to a caller who had no time left.
const slowFrom = 500 * time.Millisecond

// trouble sorts an error of a command that took so long; nil when it is none of Redis' state.
func trouble(err error, took time.Duration) error {
	var known *Trouble
	if err == nil || errors.Is(err, redis.Nil) || errors.As(err, &known) {
		return nil
	}
	for _, t := range troubles {
		if redis.HasErrorPrefix(err, t.prefix) || strings.HasPrefix(err.Error(), t.prefix) { // a script's own error repeats the command's
			return &Trouble{t.why, err}
		}
	}
	var line net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return nil
	case errors.Is(err, context.DeadlineExceeded) && took < slowFrom:
		return nil
	case errors.As(err, &line), errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.EOF), errors.Is(err, redis.ErrPoolTimeout),
		strings.HasPrefix(err.Error(), "redis: all sentinels"), strings.HasPrefix(err.Error(), "redis: connection pool"):
		return &Trouble{whyAway, err}
	}
	return nil
}

// sorted gives the errors of all commands their Trouble.
func sorted(ctx context.Context, _ string, cmds []redis.Cmder, next func(context.Context) error) error {
	began := time.Now()
	err := next(ctx)
	for _, cmd := range cmds {
		if t := trouble(cmd.Err(), time.Since(began)); t != nil {
			cmd.SetErr(t)
		}
	}
	if t := trouble(err, time.Since(began)); t != nil {
		return t
	}
	return err
}

// Ready returns why nothing can be stored, nil when it can. A Redis that only answers is not enough: it may be a replica, full,
// or without a disk.
func (db *DB) Ready(ctx context.Context) error {
	return Wrap("write to Redis", db.Set(ctx, Shared("ready"), "1", time.Minute).Err())
}

// Why is the sentence of a Trouble, else that Redis is not reachable: for answers that show no internal text.
func Why(err error) string {
	if t, ok := errors.AsType[*Trouble](err); ok {
		return t.Why
	}
	return whyAway
}

// Wrap says what failed in front of an error; nil stays nil.
func Wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Found takes the answer of a command that reads apart: that nothing is there is no error.
func Found[T any](value T, err error) (found T, ok bool, _ error) {
	if errors.Is(err, redis.Nil) {
		return value, false, nil
	}
	return value, err == nil, err
}
