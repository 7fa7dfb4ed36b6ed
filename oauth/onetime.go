package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// formSchema is the form in which the values of a login under way are stored. A newer form belongs to a newer version: what it
// adds may be what keeps the login from doing something else.
const formSchema = 1

// Form is the version of a stored one-time value, to be embedded in it; none is the first.
type Form struct {
	V int `json:"v"`
}

func (f *Form) mark() { f.V = formSchema }

// Check returns ErrState for a value of a newer form.
func (f *Form) Check() error {
	if f.V > formSchema {
		return fmt.Errorf("%w: written by a newer version (form %d, this one knows %d)", ErrState, f.V, formSchema)
	}
	return nil
}

// Versioned is a one-time value: a pointer to a struct that embeds Form.
type Versioned interface {
	mark()
	Check() error
}

// OneTime keeps values of logins under way, sealed, for a while. Each is found by a secret text, which is not stored.
type OneTime struct {
	db   *store.DB
	life time.Duration
}

// NewOneTime keeps values in db for life.
func NewOneTime(db *store.DB, life time.Duration) OneTime { return OneTime{db, life} }

func oneTimeKey(kind, secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return store.Shared(kind, hex.EncodeToString(sum[:]))
}

// Put stores a value.
func (o OneTime) Put(ctx context.Context, kind, secret string, v Versioned) error {
	key := oneTimeKey(kind, secret)
	sealed, err := o.seal(key, v)
	if err != nil {
		return err
	}
	return o.db.Set(ctx, key, sealed, o.life).Err()
}

// PutFirst stores a value unless there is one, and reports whether it did.
func (o OneTime) PutFirst(ctx context.Context, kind, secret string, v Versioned) (first bool, err error) {
	key := oneTimeKey(kind, secret)
	sealed, err := o.seal(key, v)
	if err != nil {
		return false, err
	}
	return o.db.SetNX(ctx, key, sealed, o.life).Result()
}

func (o OneTime) seal(key string, v Versioned) (string, error) {
	v.mark()
	return o.db.Ring().SealJSON(v, key)
}

// Peek reads a value and leaves it. That there is none, or one of a newer form, is ErrState.
func (o OneTime) Peek(ctx context.Context, kind, secret string, v Versioned) error {
	key := oneTimeKey(kind, secret)
	return o.read(o.db.Get(ctx, key), key, v)
}

// Take reads a value and removes it: of several callers one gets it. A newer form is left where it is: the login ends at a
// replica of the version that began it, when the person tries once more.
func (o OneTime) Take(ctx context.Context, kind, secret string, v Versioned) error {
	if err := o.Peek(ctx, kind, secret, v); err != nil {
		return err
	}
	key := oneTimeKey(kind, secret)
	return o.read(o.db.GetDel(ctx, key), key, v)
}

func (o OneTime) read(from *redis.StringCmd, key string, v Versioned) error {
	sealed, ok, err := store.Found(from.Result())
	if err != nil {
		return err
	}
	if !ok {
		return ErrState
	}
	if err := o.db.Ring().OpenJSON(sealed, key, v); err != nil {
		return err
	}
	return v.Check()
}
