package crm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
)

// Parts of the vocabulary. Each is cached by itself, so that a page pays only for what it says.
type Parts uint

const (
	PartAccount Parts = 1 << iota
	PartUsers
	PartPipelines
	PartLeadFields
	PartContactFields

	PartNames = PartAccount | PartUsers | PartPipelines
	partAll   = PartNames | PartLeadFields | PartContactFields
)

// Meta returns the account's whole vocabulary, at most ten minutes old unless the CRM fails (then Stale). A connection
// that may not read users gives UsersHidden instead of an error.
func (a *Account) Meta(ctx context.Context) (Meta, error) { return a.Vocabulary(ctx, partAll) }

// Info is the account itself: its name, country, currency and time zone. Cached as Meta is, one call when cold.
func (a *Account) Info(ctx context.Context) (amocrm.Account, error) {
	m, err := a.Vocabulary(ctx, PartAccount)
	return m.Account, err
}

// Locale returns the country and the time zone of the account, as Info has them.
func (a *Account) Locale(ctx context.Context) (country, timezone string, err error) {
	account, err := a.Info(ctx)
	return account.Country, account.Timezone, err
}

// users is the cached form of who works in an account.
type users struct {
	Users  []amocrm.User
	Hidden bool
}

// Vocabulary returns some parts of the vocabulary, read in parallel.
func (a *Account) Vocabulary(ctx context.Context, want Parts) (Meta, error) {
	var m Meta
	var who users
	parts := []func(*Age) error{ // in the order of their bits
		func(age *Age) error { return Fill(ctx, a, "account", &m.Account, age, a.loadAccount) },
		func(age *Age) error { return Fill(ctx, a, "users", &who, age, a.loadUsers) },
		func(age *Age) error { return Fill(ctx, a, "pipelines", &m.Pipelines, age, a.API().Pipelines) },
		func(age *Age) error { return Fill(ctx, a, "leadfields", &m.LeadFields, age, a.fieldsOf("leads")) },
		func(age *Age) error {
			return Fill(ctx, a, "contactfields", &m.ContactFields, age, a.fieldsOf("contacts"))
		},
	}
	var g errgroup.Group // no shared cancelling: one failed part must not spoil the caching of the others
	ages := make([]Age, len(parts))
	for i, fill := range parts {
		if want&(1<<i) != 0 {
			g.Go(func() error { return fill(&ages[i]) })
		}
	}
	if err := g.Wait(); err != nil {
		return Meta{}, err
	}
	m.Users, m.UsersHidden = who.Users, who.Hidden
	for _, part := range ages {
		if part.at.IsZero() {
			continue
		}
		if m.At.IsZero() || part.at.Before(m.At) {
			m.At = part.at
		}
		m.Stale = m.Stale || part.stale
	}
	return m, nil
}

// Age is when a part was read, and whether that is longer ago than it should be.
type Age struct {
	at    time.Time
	stale bool
}

// part is one of the vocabulary, as an Account keeps it: the work on a batch asks for each a hundred times.
type part struct {
	value any
	age   Age
}

// Fill reads a part of the vocabulary through the cache and notes its age.
func Fill[T any](ctx context.Context, a *Account, name string, into *T, age *Age, load func(context.Context) (T, error)) error {
	if got, ok := a.parts.Load(name); ok {
		kept, _ := got.(part)
		if value, ok := kept.value.(T); ok && time.Since(kept.age.at) < a.MetaAge() {
			*into, *age = value, kept.age
			return nil
		}
	}
	got, err := store.Fetch(ctx, a.Cache(), a.Keys().Cache("meta", name), a.MetaAge(), load)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	*into, *age = got.Value, Age{at: got.At, stale: got.Stale}
	a.parts.Store(name, part{*into, *age})
	return nil
}

func (a *Account) loadAccount(ctx context.Context) (amocrm.Account, error) {
	acc, err := a.API().Account(ctx)
	if err != nil {
		return acc, err
	}
	// The country is kept apart for good: the next cold search needs it before the account can be asked.
	if err := a.DB().Set(ctx, a.Keys().Country(), acc.Country, 0).Err(); err != nil {
		return acc, fmt.Errorf("store country: %w", err)
	}
	return acc, nil
}

func (a *Account) loadUsers(ctx context.Context) (users, error) {
	list, err := a.API().Users(ctx)
	if errors.Is(err, amocrm.ErrForbidden) {
		return users{Hidden: true}, nil
	}
	return users{Users: list}, err
}

func (a *Account) fieldsOf(entity string) func(context.Context) ([]amocrm.Field, error) {
	return func(ctx context.Context) ([]amocrm.Field, error) { return a.API().Fields(ctx, entity) }
}
