package blocks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
)

// Panel is the block whose addresses the pages of all blocks have: those of an opened card lie together.
const Panel = "amocrm"

// Set are the blocks of a service.
type Set []Block

// having returns the blocks with a capability.
func having[T any](s Set) (found []T) {
	for _, b := range s {
		if x, ok := b.(T); ok {
			found = append(found, x)
		}
	}
	return found
}

// of returns what the blocks with a capability give.
func of[C, T any](s Set, give func(C) T) (all []T) {
	for _, b := range having[C](s) {
		all = append(all, give(b))
	}
	return all
}

// Configs returns the blocks' parts of the configuration.
func (s Set) Configs() []Config { return of(s, Configured.Config) }

// Texts returns the blocks' texts.
func (s Set) Texts() []fs.FS { return of(s, Worded.Texts) }

// Pages joins the blocks' shares.
func (s Set) Pages() (all Pages) {
	for _, b := range having[Paged](s) {
		p := b.Pages()
		all.Templates = append(all.Templates, p.Templates...)
		all.Problems = append(all.Problems, p.Problems...)
		all.Sections = append(all.Sections, p.Sections...)
	}
	return all
}

// Start makes the blocks ready, in their order. It refuses two of one name.
func (s Set) Start(h *Host) error {
	names := map[string]bool{}
	for _, b := range s {
		if names[b.Name()] {
			return fmt.Errorf("there are two blocks %s", b.Name())
		}
		names[b.Name()] = true
		if err := b.Start(h); err != nil {
			return fmt.Errorf("start block %s: %w", b.Name(), err)
		}
	}
	return nil
}

// Routes returns the blocks' routes.
func (s Set) Routes() (all []route.Route) {
	for _, b := range having[Mounter](s) {
		all = append(all, route.Of(Panel, b)...)
	}
	return all
}

// Sections returns the blocks' sections of tenants.
func (s Set) Sections() []privacy.Section { return of(s, Sectioned.Section) }

// Keepers returns the blocks that keep something.
func (s Set) Keepers() []privacy.Keeper { return having[Keeper](s) }

// Resume makes a tenant's waiting work due and returns how much.
func (s Set) Resume(ctx context.Context, tenantID string) (int, error) {
	return s.sum(func(w Waiter) (int, error) { return w.Resume(ctx, tenantID) })
}

// Move takes along the work of a tenant that goes (login.Carry).
func (s Set) Move(ctx context.Context, from, into string) (int, error) {
	return s.sum(func(w Waiter) (int, error) { return w.Move(ctx, from, into) })
}

func (s Set) sum(of func(Waiter) (int, error)) (all int, err error) {
	for _, w := range having[Waiter](s) {
		n, werr := of(w)
		all, err = all+n, errors.Join(err, werr)
	}
	return all, err
}

// Run has the blocks at work until ctx ends, and returns when all have.
func (s Set) Run(ctx context.Context, h *Host) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, b := range having[Runner](s) {
		g.Go(func() error { return b.Run(ctx) })
	}
	for _, b := range s {
		if p, ok := b.(Periodic); ok {
			g.Go(func() error { h.periodic(b.Name(), p).Run(ctx); return nil })
		}
	}
	return g.Wait()
}

const (
	visitsAtOnce = 8 // in one replica
	visitWithin  = time.Minute
	maxRest      = 5 * time.Second
)

// periodic returns the visits of a block. Their name differs from that of its jobs, whose dispatcher keeps turns, too.
func (h *Host) periodic(name string, p Periodic) *store.Periodic {
	return &store.Periodic{DB: h.DB, Name: name + ":visits", Every: p.Every(), Rest: min(p.Every()/10, maxRest), AtOnce: visitsAtOnce, Now: time.Now, Log: h.Log,
		Each: h.Tenants.Each,
		Visit: func(ctx context.Context, id string) {
			ctx, cancel := context.WithTimeout(ctx, visitWithin)
			defer cancel()
			if err := p.Visit(ctx, id); err != nil && !errors.Is(err, context.Canceled) {
				h.Log.Warn("tenant not looked after", "block", name, "tenant", id, "error", err)
			}
		}}
}

// Close waits for what outlives the blocks' requests.
func (s Set) Close() {
	for _, b := range having[Closer](s) {
		b.Close()
	}
}
