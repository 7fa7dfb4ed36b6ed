package dispatch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sidecard/sidecard/internal/ledger"
)

const (
	maxWaiters        = 256                    // callers who wait for an end in this process: each keeps a connection and its buffers
	maxTenantWaiters  = 32                     // of one company, so that one alone does not take all places
	lookEvery         = 200 * time.Millisecond // at a job; after longWait lookEveryAtLength
	lookEveryAtLength = time.Second
	longWait          = 3 * time.Second
)

// ErrTooManyWait means that as many callers wait for jobs as may; the job itself is stored.
var ErrTooManyWait = errors.New("too many callers wait for their runs")

// watch is what the callers who wait for one job in this process share: one looks, all see it.
type watch[P, S, R any] struct {
	waiters int           // guarded by Dispatcher.mu, as is changed
	changed chan struct{} // closed at the job's next change in this process
	told    atomic.Int64  // such changes

	mu    sync.Mutex
	at    time.Time // of the last look, zero before the first
	seen  int64     // changes that it saw
	entry ledger.Job[P, S, R]
	err   error
}

// look returns the job as it was at most maxAge ago, and not before its last change in this process.
func (v *watch[P, S, R]) look(maxAge time.Duration, read func() (ledger.Job[P, S, R], error)) (ledger.Job[P, S, R], error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if told := v.told.Load(); v.at.IsZero() || v.seen != told || time.Since(v.at) >= maxAge {
		v.at, v.seen = time.Now(), told
		v.entry, v.err = read()
	}
	return v.entry, v.err
}

// Wait returns a job as soon as it is done, failed or held, or as it is when ctx ends. ErrTooManyWait at once when too many
// wait already.
func (d *Dispatcher[P, S, R]) Wait(ctx context.Context, tenantID, id string) (ledger.Job[P, S, R], error) {
	v, err := d.join(tenantID, id)
	if err != nil {
		return ledger.Job[P, S, R]{}, err
	}
	defer d.leave(tenantID, id, v)
	read := func() (ledger.Job[P, S, R], error) { return d.Ledger.Get(context.WithoutCancel(ctx), tenantID, id) }
	began := time.Now()
	for {
		pause := lookEvery
		if time.Since(began) > longWait {
			pause = lookEveryAtLength
		}
		changed := d.changes(v)
		e, err := v.look(pause, read)
		if err != nil || e.State.AtRest() {
			return e, err
		}
		select {
		case <-ctx.Done():
			return e, nil
		case <-changed:
		case <-time.After(pause): // it may be another replica's work
		}
	}
}

// watched is a job that callers wait for.
type watched struct{ tenant, id string }

func (d *Dispatcher[P, S, R]) join(tenantID, id string) (*watch[P, S, R], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all, own := 0, 0
	for job, v := range d.watches {
		all += v.waiters
		if job.tenant == tenantID {
			own += v.waiters
		}
	}
	if all >= maxWaiters || own >= maxTenantWaiters {
		return nil, ErrTooManyWait
	}
	job := watched{tenantID, id}
	v := d.watches[job]
	if v == nil {
		v = &watch[P, S, R]{changed: make(chan struct{})}
		d.watches[job] = v
	}
	v.waiters++
	return v, nil
}

func (d *Dispatcher[P, S, R]) leave(tenantID, id string, v *watch[P, S, R]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v.waiters--; v.waiters == 0 {
		delete(d.watches, watched{tenantID, id})
	}
}

// changes returns what closes at the job's next change in this process.
func (d *Dispatcher[P, S, R]) changes(v *watch[P, S, R]) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return v.changed
}

// Notify has those who wait for a job look at it again.
func (d *Dispatcher[P, S, R]) Notify(tenantID, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v := d.watches[watched{tenantID, id}]; v != nil {
		v.told.Add(1)
		close(v.changed)
		v.changed = make(chan struct{})
	}
}
