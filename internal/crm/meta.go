package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// Rows are the cached forms: the connector's types leave out of JSON what they take from other places of an answer.
type (
	accountRow struct {
		Account   amocrm.Account
		Timezone  string
		TaskTypes []amocrm.TaskType
	}
	userRow struct {
		User                amocrm.User
		Active, Free, Admin bool
	}
	usersRow struct {
		Users  []userRow
		Hidden bool
	}
	pipelineRow struct {
		Pipeline amocrm.Pipeline
		Statuses []amocrm.Status
	}
)

// Vocabulary returns some parts of the vocabulary, read in parallel.
func (a *Account) Vocabulary(ctx context.Context, want Parts) (Meta, error) {
	var m Meta
	var g errgroup.Group // no shared cancelling: one failed part must not spoil the caching of the others
	ages := make([]Age, 5)
	if want&PartAccount != 0 {
		g.Go(func() error { return Fill(ctx, a, "account", &ages[0], a.loadAccount, m.setAccount) })
	}
	if want&PartUsers != 0 {
		g.Go(func() error { return Fill(ctx, a, "users", &ages[1], a.loadUsers, m.setUsers) })
	}
	if want&PartPipelines != 0 {
		g.Go(func() error { return Fill(ctx, a, "pipelines", &ages[2], a.loadPipelines, m.setPipelines) })
	}
	if want&PartLeadFields != 0 {
		load := func(ctx context.Context) ([]amocrm.Field, error) { return a.API().Fields(ctx, "leads") }
		g.Go(func() error {
			return Fill(ctx, a, "leadfields", &ages[3], load, func(f []amocrm.Field) { m.LeadFields = f })
		})
	}
	if want&PartContactFields != 0 {
		load := func(ctx context.Context) ([]amocrm.Field, error) { return a.API().Fields(ctx, "contacts") }
		g.Go(func() error {
			return Fill(ctx, a, "contactfields", &ages[4], load, func(f []amocrm.Field) { m.ContactFields = f })
		})
	}
	if err := g.Wait(); err != nil {
		return Meta{}, err
	}
	for _, part := range ages {
		if part.at.IsZero() {
			continue
		}
		if m.At.IsZero() || part.at.Before(m.At) {
			m.At = part.at
		}
		if part.stale {
			m.Stale, m.Err = true, part.err
		}
	}
	return m, nil
}

// Age is when a part was read, and why not lately.
type Age struct {
	at    time.Time
	stale bool
	err   error
}

// Fill reads a part of the vocabulary through the cache, notes its age and sets it.
func Fill[T any](ctx context.Context, a *Account, name string, into *Age, load func(context.Context) (T, error), set func(T)) error {
	got, err := store.Fetch(ctx, a.Cache(), a.Keys().Cache("meta", name), a.MetaAge(), load)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	*into = Age{at: got.At, stale: got.Stale, err: got.Err}
	set(got.Value)
	return nil
}

func (a *Account) loadAccount(ctx context.Context) (accountRow, error) {
	acc, err := a.API().Account(ctx)
	if err != nil {
		return accountRow{}, err
	}
	// The country is kept apart for good: the next cold search needs it before the account can be asked.
	if err := a.DB().Set(ctx, a.Keys().Country(), acc.Country, 0).Err(); err != nil {
		return accountRow{}, fmt.Errorf("store country: %w", err)
	}
	return accountRow{acc, acc.Timezone, acc.TaskTypes}, nil
}

func (m *Meta) setAccount(r accountRow) {
	m.Account = r.Account
	m.Account.Timezone, m.Account.TaskTypes = r.Timezone, r.TaskTypes
}

func (a *Account) loadUsers(ctx context.Context) (usersRow, error) {
	users, err := a.API().Users(ctx)
	if errors.Is(err, amocrm.ErrForbidden) {
		return usersRow{Hidden: true}, nil
	}
	if err != nil {
		return usersRow{}, err
	}
	r := usersRow{Users: make([]userRow, 0, len(users))}
	for _, u := range users {
		r.Users = append(r.Users, userRow{u, u.IsActive, u.IsFree, u.IsAdmin})
	}
	return r, nil
}

func (m *Meta) setUsers(r usersRow) {
	m.UsersHidden = r.Hidden
	for _, u := range r.Users {
		u.User.IsActive, u.User.IsFree, u.User.IsAdmin = u.Active, u.Free, u.Admin
		m.Users = append(m.Users, u.User)
	}
}

func (a *Account) loadPipelines(ctx context.Context) ([]pipelineRow, error) {
	pipelines, err := a.API().Pipelines(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]pipelineRow, 0, len(pipelines))
	for _, p := range pipelines {
		rows = append(rows, pipelineRow{p, slices.Clone(p.Statuses)})
	}
	return rows, nil
}

func (m *Meta) setPipelines(rows []pipelineRow) {
	for _, r := range rows {
		r.Pipeline.Statuses = r.Statuses
		m.Pipelines = append(m.Pipelines, r.Pipeline)
	}
}
