package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// flowSchema is the form in which the values of a login under way are stored. A newer form belongs to a newer version: what
// it adds may be what keeps the login from doing something else, as Ends did.
const flowSchema = 1

// form is the version of a stored one-time value; none is the first.
type form struct {
	V int `json:"v"`
}

// versioned is a one-time value: one that embeds form.
type versioned interface {
	mark()
	check() error // ErrState for a newer form
}

func (f *form) mark() { f.V = flowSchema }

func (f *form) check() error {
	if f.V > flowSchema {
		return fmt.Errorf("%w: written by a newer version (form %d, this one knows %d)", ErrState, f.V, flowSchema)
	}
	return nil
}

// put, peek and take keep sealed one-time values.
func (f *Flow) put(ctx context.Context, key string, v versioned) error {
	v.mark()
	plain, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.db.Set(ctx, key, f.db.Ring().Seal(plain, key), loginTime).Err()
}

func (f *Flow) peek(ctx context.Context, key string, v versioned) error {
	return f.read(f.db.Get(ctx, key), key, v)
}

// take leaves a newer form where it is: the login ends at a replica of the version that began it, when the person tries
// once more. Of several callers one gets the value.
func (f *Flow) take(ctx context.Context, key string, v versioned) error {
	if err := f.peek(ctx, key, v); err != nil {
		return err
	}
	return f.read(f.db.GetDel(ctx, key), key, v)
}

// read opens a value; that there is none, or one of a newer form, is ErrState.
func (f *Flow) read(from *redis.StringCmd, key string, v versioned) error {
	sealed, err := from.Result()
	if errors.Is(err, redis.Nil) {
		return ErrState
	}
	if err != nil {
		return err
	}
	plain, err := f.db.Ring().Open(sealed, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return err
	}
	return v.check()
}
