package rules

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxWaiters        = 256                    // callers who wait for an end in this process: each keeps a connection and its buffers
	maxTenantWaiters  = 32                     // of one company, so that one alone does not take all places
	lookEvery         = 200 * time.Millisecond // at a firing; after longWait lookEveryAtLength
	lookEveryAtLength = time.Second
	longWait          = 3 * time.Second
)

// ErrManyWait means that as many callers wait for firings as may; the firing itself is stored.
var ErrManyWait = errors.New("too many callers wait for their firings")

// vigil is what the callers who wait for one firing in this process share: one looks, all see it.
type vigil struct {
	waiters int           // guarded by Service.mu, as is changed
	changed chan struct{} // closed at the firing's next change in this process
	told    atomic.Int64  // such changes

	mu    sync.Mutex
	at    time.Time // of the last look, zero before the first
	seen  int64     // changes that it saw
	entry Entry
	err   error
}

// look returns the firing as it was at most maxAge ago, and not before its last change in this process.
func (v *vigil) look(maxAge time.Duration, read func() (Entry, error)) (Entry, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if told := v.told.Load(); v.at.IsZero() || v.seen != told || time.Since(v.at) >= maxAge {
		v.at, v.seen = time.Now(), told
		v.entry, v.err = read()
	}
	return v.entry, v.err
}

// Wait returns an entry as soon as it is done, failed or held, or as it is when ctx ends. ErrManyWait at once when too many
// wait already.
func (s *Service) Wait(ctx context.Context, tenantID, id string) (Entry, error) {
	v, err := s.join(tenantID, id)
	if err != nil {
		return Entry{}, err
	}
	defer s.leave(tenantID, id, v)
	read := func() (Entry, error) { return s.ledger.Get(context.WithoutCancel(ctx), tenantID, id) }
	began := time.Now()
	for {
		pause := lookEvery
		if time.Since(began) > longWait {
			pause = lookEveryAtLength
		}
		changed := s.changes(v)
		e, err := v.look(pause, read)
		if err != nil || e.State.Settled() {
			return e, err
		}
		again := time.NewTimer(pause) // it may be another replica's work
		select {
		case <-ctx.Done():
			again.Stop()
			return e, nil
		case <-changed:
			again.Stop()
		case <-again.C:
		}
	}
}

// vigils are all that are kept in this process, by tenant and entry.
type vigils map[string]map[string]*vigil

func (s *Service) join(tenantID, id string) (*vigil, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, own := 0, 0
	for tenant, kept := range s.vigils {
		for _, v := range kept {
			all += v.waiters
			if tenant == tenantID {
				own += v.waiters
			}
		}
	}
	if all >= maxWaiters || own >= maxTenantWaiters {
		return nil, ErrManyWait
	}
	if s.vigils[tenantID] == nil {
		s.vigils[tenantID] = map[string]*vigil{}
	}
	v := s.vigils[tenantID][id]
	if v == nil {
		v = &vigil{changed: make(chan struct{})}
		s.vigils[tenantID][id] = v
	}
	v.waiters++
	return v, nil
}

func (s *Service) leave(tenantID, id string, v *vigil) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.waiters--; v.waiters > 0 {
		return
	}
	if delete(s.vigils[tenantID], id); len(s.vigils[tenantID]) == 0 {
		delete(s.vigils, tenantID)
	}
}

// changes returns what closes at the firing's next change in this process.
func (s *Service) changes(v *vigil) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return v.changed
}

// tell has those look who wait for a firing.
func (s *Service) tell(tenantID, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.vigils[tenantID][id]; v != nil {
		v.told.Add(1)
		close(v.changed)
		v.changed = make(chan struct{})
	}
}
