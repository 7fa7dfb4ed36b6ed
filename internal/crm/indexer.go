package crm

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

const (
	indexTurns  = "index"
	indexEvery  = 10 * time.Minute
	indexAtOnce = 4
	indexTime   = 5 * time.Minute // of one visit; the next goes on where it ended
	indexAfter  = 5 * time.Second // a login: the first panel wants amoCRM's requests for itself
)

// Indexer keeps the contact indexes of all tenants: it builds them after the login and brings them up to date.
type Indexer struct {
	accounts *Accounts
	periodic *store.Periodic
	log      *slog.Logger
}

// NewIndexer returns the indexer of accounts (Deps.Indexed).
func NewIndexer(b *Accounts) *Indexer {
	x := &Indexer{accounts: b, log: b.deps.Log}
	x.periodic = &store.Periodic{DB: b.deps.DB, Name: indexTurns, Every: indexEvery, Rest: time.Second, AtOnce: indexAtOnce, Now: time.Now, Log: x.log,
		Each:  func(ctx context.Context, visit func(string) error) error { return b.deps.Tenants.Each(ctx, visit) },
		Visit: x.visit}
	return x
}

// Run visits the tenants until ctx ends.
func (x *Indexer) Run(ctx context.Context) {
	if x.accounts.deps.Indexed > 0 {
		x.periodic.Run(ctx)
	}
}

// Connected has a tenant's index built soon. It fits login.Hooks.Connected.
func (x *Indexer) Connected(ctx context.Context, tenantID string) {
	if x.accounts.deps.Indexed == 0 {
		return
	}
	if err := x.periodic.Plan(ctx, tenantID, time.Now().Add(indexAfter)); err != nil {
		x.log.Warn("index not planned after login", "tenant", tenantID, "error", err)
	}
}

func (x *Indexer) visit(ctx context.Context, tenantID string) {
	ctx, cancel := context.WithTimeout(ctx, indexTime)
	defer cancel()
	a, err := x.accounts.Open(ctx, tenantID, store.Spare)
	if errors.Is(err, tenant.ErrNotFound) {
		err = x.periodic.Leave(ctx, tenantID)
	} else if err == nil {
		err = a.Index().Visit(ctx)
	}
	switch {
	case err == nil, errors.Is(err, oauth.ErrNeedsLogin), ctx.Err() != nil: // the next turn goes on
	case errors.Is(err, ErrIndexOver):
		x.log.InfoContext(ctx, "no contact index", "tenant", tenantID, "reason", err)
	default:
		x.log.WarnContext(ctx, "contact index not kept", "tenant", tenantID, "error", err)
	}
}
