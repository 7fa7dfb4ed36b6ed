package notify

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Jobs reports how a tenant's jobs stand.
type Jobs interface {
	Counts(ctx context.Context, tenantID string) (ledger.Counts, error)
	// Newest returns why the newest job of a state, or with a label, stands as it does, in English; "" when there is none.
	Newest(ctx context.Context, tenantID string, state ledger.State, label ledger.Label) (why string, err error)
}

// Tenants knows the tenants; *tenant.Directory is it.
type Tenants interface {
	Get(ctx context.Context, id string) (tenant.Tenant, error)
	Each(ctx context.Context, visit func(id string) error) error
}

const (
	lookEvery   = time.Minute      // at every tenant
	looksAtOnce = 8                // tenants whose turn has come, in one replica
	wokenAtOnce = 8                // tenants that something was heard of
	lookWithin  = 40 * time.Second // at one tenant: all that can wait for it, and all channels that are down
)

// Deps is what a Watcher stands on. Log and Now may be nil.
type Deps struct {
	DB      *store.DB
	Tenants Tenants
	Jobs    Jobs
	Sender  *Sender
	Log     *slog.Logger
	Now     func() time.Time
}

// Watcher is one replica's part in telling people. It is safe for concurrent use.
type Watcher struct {
	Deps
	periodic *store.Periodic
	wake     chan struct{}

	mu      sync.Mutex
	changed map[string]struct{} // tenants to look at
}

// New makes a Watcher; Run makes it work.
func New(d Deps) *Watcher {
	d.Log = cmp.Or(d.Log, slog.New(slog.DiscardHandler))
	if d.Now == nil {
		d.Now = time.Now
	}
	w := &Watcher{Deps: d, wake: make(chan struct{}, 1), changed: map[string]struct{}{}}
	w.periodic = &store.Periodic{DB: d.DB, Name: "notice", Every: lookEvery, Rest: 5 * time.Second, AtOnce: looksAtOnce, Now: d.Now, Log: d.Log,
		Each: d.Tenants.Each, Visit: w.lookAt}
	return w
}

// Settled has a tenant looked at soon whose job came to rest in a state that people have to know of.
func (w *Watcher) Settled(tenantID string, state ledger.State, label ledger.Label) {
	if state == ledger.StateFailed || state == ledger.StateHeld || label == ledger.LabelRemarks {
		w.Changed(tenantID)
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
	ids := slices.Collect(maps.Keys(w.changed))
	clear(w.changed)
	return ids
}

// Run looks at what has changed, and every minute or so at all tenants, shared with the other replicas, until ctx ends. What
// is being sent then is cut off, and sent again by the next who looks.
func (w *Watcher) Run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { w.periodic.Run(ctx) })
	both.Go(func() { w.listen(ctx) })
	both.Wait()
}

// listen looks at what has changed. A tenant that hangs takes one place and leaves the others to the rest.
func (w *Watcher) listen(ctx context.Context) {
	var looks errgroup.Group
	looks.SetLimit(wokenAtOnce)
	defer func() { _ = looks.Wait() }() // looks have no error
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		}
		for _, id := range w.take() {
			looks.Go(func() error { w.lookAt(ctx, id); return nil })
		}
	}
}

// lookAt looks at one tenant within lookWithin.
func (w *Watcher) lookAt(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if err := w.look(ctx, id); err != nil && !errors.Is(err, context.Canceled) {
		w.Log.Warn("notices not looked after", "tenant", id, "error", err)
	}
}
