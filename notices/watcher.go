package notices

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sidecard/sidecard/store"
	"github.com/sidecard/sidecard/tenant"
	"github.com/sidecard/sidecard/triggers"
)

// Firings tells how a tenant's rules fare; *triggers.Service is it.
type Firings interface {
	Counts(ctx context.Context, tenantID string) (triggers.Counts, error)
	List(ctx context.Context, tenantID string, state triggers.State, limit int) ([]triggers.Entry, error)
}

// Tenants knows the tenants; *tenant.Directory is it.
type Tenants interface {
	Get(ctx context.Context, id string) (tenant.Tenant, error)
	Each(ctx context.Context, visit func(id string) error) error
}

var (
	_ Firings = (*triggers.Service)(nil)
	_ Tenants = (*tenant.Directory)(nil)
)

const (
	sweepEvery = time.Minute
	looksAtOne = 8                // tenants looked at side by side
	lookWithin = 90 * time.Second // at one tenant, with all that is sent to it
)

// Deps is what a Watcher stands on. Log and Now may be nil.
type Deps struct {
	DB      *store.DB
	Tenants Tenants
	Firings Firings
	Sender  *Sender
	Log     *slog.Logger
	Now     func() time.Time
}

// Watcher is one replica's part in telling people. It is safe for concurrent use.
type Watcher struct {
	Deps
	wake chan struct{}

	mu      sync.Mutex
	changed map[string]struct{} // tenants to look at
}

// New makes a Watcher; Run makes it work.
func New(d Deps) *Watcher {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	return &Watcher{Deps: d, wake: make(chan struct{}, 1), changed: map[string]struct{}{}}
}

// Settled hears of a firing that came to rest. It fits triggers.Deps.Settled.
func (w *Watcher) Settled(e triggers.Entry) {
	if e.State == triggers.StateFailed || e.State == triggers.StateHeld {
		w.Changed(e.Tenant)
	}
}

// Changed has a tenant looked at soon. It never waits.
func (w *Watcher) Changed(tenantID string) {
	w.mu.Lock()
	w.changed[tenantID] = struct{}{}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (w *Watcher) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]string, 0, len(w.changed))
	for id := range w.changed {
		ids = append(ids, id)
	}
	clear(w.changed)
	return ids
}

// Run looks at what has changed, and every minute at all tenants (one replica at a time), until ctx ends. What is being
// sent then is cut off, and sent again by the next who looks.
func (w *Watcher) Run(ctx context.Context) {
	sweep := time.NewTimer(rand.N(sweepEvery))
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
			w.lookAll(ctx, w.take())
		case <-sweep.C:
			if err := w.sweep(ctx); err != nil && ctx.Err() == nil {
				w.Log.Error("sweep notices", "error", err)
			}
			sweep.Reset(sweepEvery)
		}
	}
}

// sweep looks at every tenant unless another replica has done so within the minute.
func (w *Watcher) sweep(ctx context.Context) error {
	mine, err := w.DB.SetNX(ctx, store.Shared("notice", "sweep"), "1", sweepEvery*9/10).Result()
	if err != nil || !mine {
		return err
	}
	var ids []string
	err = w.Tenants.Each(ctx, func(id string) error {
		ids = append(ids, id)
		return nil
	})
	if err != nil {
		return err
	}
	w.lookAll(ctx, ids)
	return nil
}

func (w *Watcher) lookAll(ctx context.Context, ids []string) {
	slots := make(chan struct{}, looksAtOne)
	var all sync.WaitGroup
	for _, id := range ids {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(ctx, lookWithin)
			defer cancel()
			if err := w.look(ctx, id); err != nil && !errors.Is(err, context.Canceled) {
				w.Log.Warn("notices not looked after", "tenant", id, "error", err)
			}
		})
	}
	all.Wait()
}
