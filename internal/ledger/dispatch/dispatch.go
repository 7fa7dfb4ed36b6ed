package dispatch

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/turn"
)

const (
	loopsPerTenant = 2  // so that one slow job does not stop a tenant's others
	maxLoops       = 48 // of all tenants
	graceful       = 8 * time.Second
)

// Handler works off a claim of a tenant's jobs, which was asked for at claimed, and settles each of them. After ctx has ended it
// begins nothing more; what it sends and stores goes with work. pause is how long to leave the tenant alone.
type Handler[P, S, R any] func(ctx, work context.Context, tenantID string, b ledger.Batch[P, S, R], claimed time.Time) (pause time.Duration)

// Config is what a Dispatcher stands on. Zero durations get their defaults.
type Config[P, S, R any] struct {
	DB     *store.DB
	Ledger *ledger.Ledger[P, S, R]
	Name   string // of the ledger's kind
	// Each visits all tenants.
	Each func(ctx context.Context, visit func(id string) error) error
	// Connected reports whether a tenant's held jobs may go on; nil: they wait for Resume.
	Connected func(ctx context.Context, tenantID string) (bool, error)
	Handle    Handler[P, S, R]
	Log       *slog.Logger
	Poll      time.Duration // for work that other replicas accepted; default 250 ms
	Sweep     time.Duration // for work whose hint was lost; default 30 s
}

// Dispatcher gives the due jobs of all tenants to a handler. It is safe for concurrent use, by any number of replicas on one Redis.
type Dispatcher[P, S, R any] struct {
	Config[P, S, R]
	clock *Clock
	hints hints
	wakes chan string

	mu      sync.Mutex
	loops   map[string]int // running loops by tenant
	watches map[watched]*watch[P, S, R]
}

// New returns a Dispatcher. Run has to run for anything to be worked off.
func New[P, S, R any](c Config[P, S, R]) *Dispatcher[P, S, R] {
	c.Poll, c.Sweep = cmp.Or(c.Poll, 250*time.Millisecond), cmp.Or(c.Sweep, 30*time.Second)
	clock := &Clock{}
	return &Dispatcher[P, S, R]{Config: c, clock: clock, hints: hints{c.DB, store.Shared(c.Name, "due"), clock},
		wakes: make(chan string, 1024), loops: map[string]int{}, watches: map[watched]*watch[P, S, R]{}}
}

// Clock returns what is known of Redis' clock.
func (d *Dispatcher[P, S, R]) Clock() *Clock { return d.clock }

// Accept stores a job (ledger.Accept), hints at it in the same round trip and wakes a worker.
func (d *Dispatcher[P, S, R]) Accept(ctx context.Context, tenantID string, o ledger.Offer[P, S, R]) (j ledger.Job[P, S, R], existed bool, err error) {
	var hinted *redis.Cmd
	o.Behind = func(p redis.Pipeliner) { hinted = d.hints.now(ctx, p, tenantID) }
	j, existed, err = d.Ledger.Accept(ctx, tenantID, o)
	if err != nil || existed || j.State != ledger.StateAccepted {
		return j, existed, err
	}
	if err := hinted.Err(); err != nil {
		d.Log.WarnContext(ctx, "run accepted without a hint", "tenant", tenantID, "firing", j.ID, "error", err)
	}
	d.wake(tenantID)
	return j, false, nil
}

// Resume makes a tenant's held jobs due, after a login, and returns how many.
func (d *Dispatcher[P, S, R]) Resume(ctx context.Context, tenantID string) (int, error) {
	n, err := d.Ledger.Resume(ctx, tenantID)
	if err != nil || n == 0 {
		return n, err
	}
	if err := d.hints.soon(ctx, tenantID); err != nil {
		return n, err
	}
	d.wake(tenantID)
	return n, nil
}

// Restarted has workers and who waits look at what a person has made due; id is "" for several jobs.
func (d *Dispatcher[P, S, R]) Restarted(ctx context.Context, tenantID, id string) {
	if err := d.hints.soon(context.WithoutCancel(ctx), tenantID); err != nil {
		d.Log.WarnContext(ctx, "run restarted without a hint", "tenant", tenantID, "firing", id, "error", err) // the sweep finds it
	}
	d.wake(tenantID)
	d.Notify(tenantID, id)
}

func (d *Dispatcher[P, S, R]) wake(tenantID string) {
	select {
	case d.wakes <- tenantID:
	default: // the poll finds it
	}
}

// Run works off what is due until ctx ends. Then it claims nothing more, gives work that has begun eight seconds to
// finish, gives back the rest and returns. Errors of Redis are logged and do not end it.
func (d *Dispatcher[P, S, R]) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(turn.Background(ctx)))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(graceful, cancel) })
	defer stop()

	var running sync.WaitGroup
	running.Go(func() { d.sweep(ctx) })
	poll := time.NewTimer(0)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			running.Wait()
			return nil
		case id := <-d.wakes:
			d.start(ctx, work, id, &running)
		case <-poll.C:
			ids, err := d.hints.due(ctx, 2*maxLoops)
			if err != nil && ctx.Err() == nil {
				d.Log.ErrorContext(ctx, "look for due runs", "error", err)
			}
			for _, id := range ids {
				d.start(ctx, work, id, &running)
			}
			poll.Reset(d.Poll*3/4 + rand.N(d.Poll/2))
		}
	}
}

// start begins a loop for a tenant unless there are enough.
func (d *Dispatcher[P, S, R]) start(ctx, work context.Context, tenantID string, running *sync.WaitGroup) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := 0
	for _, n := range d.loops {
		all += n
	}
	if d.loops[tenantID] >= loopsPerTenant || all >= maxLoops {
		return
	}
	d.loops[tenantID]++
	running.Go(func() {
		defer func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.loops[tenantID]--; d.loops[tenantID] == 0 {
				delete(d.loops, tenantID)
			}
		}()
		if err := d.loop(ctx, work, tenantID); err != nil && work.Err() == nil {
			d.Log.ErrorContext(ctx, "work off runs", "tenant", tenantID, "error", err)
		}
	})
}

// loop claims and works off a tenant's due jobs until there are none, or until they can't be sent now.
func (d *Dispatcher[P, S, R]) loop(ctx, work context.Context, tenantID string) error {
	for ctx.Err() == nil {
		was, err := d.hints.seen(work, tenantID)
		if err != nil {
			return err
		}
		began := time.Now()
		b, err := d.claim(work, tenantID)
		if err != nil {
			return err
		}
		if len(b.Jobs) == 0 {
			due, err := d.Ledger.Look(work, []string{tenantID}, nil)
			if err != nil {
				return err
			}
			return d.hints.replace(work, was, due[0].Next)
		}
		if pause := d.Handle(ctx, work, tenantID, b, began); pause > 0 {
			at := d.clock.Latest().Add(pause) // not of the claim: Redis' clock may have been set back since
			if err := d.hints.replace(work, was, at); err != nil {
				return err
			}
			return d.hints.noLater(work, tenantID, at) // another replica may have put it to the end of this lease
		}
	}
	// Stopping: another replica takes what was given back now, and not when the lease would have ended.
	return d.hints.soon(work, tenantID)
}

// Renewing keeps a claim alive until stop is called.
func (d *Dispatcher[P, S, R]) Renewing(ctx context.Context, b ledger.Batch[P, S, R], tenantID string) (stop func()) {
	ids := make([]string, len(b.Jobs))
	for i, e := range b.Jobs {
		ids[i] = e.ID
	}
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(d.Ledger.Lease() / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := d.Ledger.Renew(ctx, tenantID, b.Claim, ids); err != nil && ctx.Err() == nil {
					d.Log.WarnContext(ctx, "renew claim", "tenant", tenantID, "error", err)
				}
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// claim is Ledger.Claim by a worker that knows whether Redis' clock can be trusted: a lease that has ended because the clock
// has stepped is given the time of another one, in which its worker, who may be sending, renews it or comes to an end. A
// process that has not watched the clock for a lease does not know.
func (d *Dispatcher[P, S, R]) claim(ctx context.Context, tenantID string) (ledger.Batch[P, S, R], error) {
	lease := d.Ledger.Lease()
	latest, wait := d.clock.Latest().Add(lease/4), lease // nothing is sent in the last third of a lease
	if left := d.clock.watched(lease); left > 0 {
		latest, wait = time.Time{}, left
	}
	before := time.Now()
	b, err := d.Ledger.ClaimTrusting(ctx, tenantID, math.MaxInt, latest, wait)
	if err == nil {
		d.clock.note(b.Now, before)
	}
	return b, err
}

func (d *Dispatcher[P, S, R]) working(tenantID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.loops[tenantID] > 0
}
