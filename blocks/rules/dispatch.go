package rules

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sidecard/sidecard/internal/ledger"
)

const (
	loopsPerTenant = 2  // so that one slow entry does not stop a tenant's others
	maxLoops       = 48 // of all tenants
	graceful       = 8 * time.Second
)

// Run works off what is due until ctx ends. Then it claims nothing more, gives work that has begun eight seconds to
// finish, gives back the rest and returns. Errors of Redis are logged and do not end it.
func (s *Service) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(graceful, cancel) })
	defer stop()

	var running sync.WaitGroup
	running.Go(func() { s.sweep(ctx) })
	poll := time.NewTimer(0)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			running.Wait()
			return nil
		case id := <-s.wakes:
			s.start(ctx, work, id, &running)
		case <-poll.C:
			ids, err := s.hints.due(ctx, 2*maxLoops)
			if err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "look for due firings", "error", err)
			}
			for _, id := range ids {
				s.start(ctx, work, id, &running)
			}
			poll.Reset(s.Poll*3/4 + rand.N(s.Poll/2))
		}
	}
}

// start begins a loop for a tenant unless there are enough.
func (s *Service) start(ctx, work context.Context, tenantID string, running *sync.WaitGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	for _, n := range s.loops {
		all += n
	}
	if s.loops[tenantID] >= loopsPerTenant || all >= maxLoops {
		return
	}
	s.loops[tenantID]++
	running.Go(func() {
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.loops[tenantID]--; s.loops[tenantID] == 0 {
				delete(s.loops, tenantID)
			}
		}()
		if err := s.loop(ctx, work, tenantID); err != nil && work.Err() == nil {
			s.Log.ErrorContext(ctx, "work off firings", "tenant", tenantID, "error", err)
		}
	})
}

// loop claims and works off a tenant's due entries until there are none, or until they can't be sent now.
func (s *Service) loop(ctx, work context.Context, tenantID string) error {
	for ctx.Err() == nil {
		was, err := s.hints.seen(work, tenantID)
		if err != nil {
			return err
		}
		began := time.Now()
		b, err := s.claim(work, tenantID)
		if err != nil {
			return err
		}
		if len(b.Jobs) == 0 {
			due, err := s.ledger.Look(work, []string{tenantID}, nil)
			if err != nil {
				return err
			}
			return s.hints.settle(work, was, due[0].Next, !due[0].Next.IsZero())
		}
		if pause := s.traced(ctx, work, b, tenantID, began); pause > 0 {
			at := s.clock.latest().Add(pause) // not of the claim: Redis' clock may have been set back since
			if err := s.hints.settle(work, was, at, true); err != nil {
				return err
			}
			return s.hints.noLater(work, tenantID, at) // another replica may have put it to the end of this lease
		}
	}
	// Stopping: another replica takes what was given back now, and not when the lease would have ended.
	return s.hints.soon(work, tenantID)
}

// traced is haulOff inside a trace, which has begun with the claim.
func (s *Service) traced(ctx, work context.Context, b Batch, tenantID string, began time.Time) (pause time.Duration) {
	var from []string
	for _, e := range b.Jobs {
		if e.Mark != "" {
			from = append(from, e.Mark)
		}
	}
	work, end := s.Trace(work, "haul", began, len(b.Jobs), from...)
	defer end()
	_, claimed := s.Trace(work, "claim", began, len(b.Jobs))
	claimed()
	return s.haulOff(ctx, work, b, tenantID)
}

// settle stores what becomes of an entry.
func (s *Service) settle(ctx context.Context, e *Entry, v verdict) {
	s.tellBack(ctx, e, v.Outcome)
	// The outcome must be stored even when the work was interrupted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := s.ledger.Settle(ctx, *e, v.Outcome)
	e.State, e.Label = v.State, v.Label
	switch {
	case errors.Is(err, ledger.ErrClaimLost):
		s.Log.WarnContext(ctx, "firing was taken over", "tenant", e.Tenant, "firing", e.ID)
	case err != nil: // its lease ends, and it is taken up again from the steps that are stored
		s.Log.ErrorContext(ctx, "store outcome of a firing", "tenant", e.Tenant, "firing", e.ID, "error", err)
	case s.Settled != nil:
		s.Settled(*e)
	}
	s.tell(e.Tenant, e.ID)
}

// renewing keeps a claim alive until stop is called.
func (s *Service) renewing(ctx context.Context, b Batch, tenantID string) (stop func()) {
	ids := make([]string, len(b.Jobs))
	for i, e := range b.Jobs {
		ids[i] = e.ID
	}
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(s.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := s.ledger.Renew(ctx, tenantID, b.Claim, ids); err != nil && ctx.Err() == nil {
					s.Log.WarnContext(ctx, "renew claim", "tenant", tenantID, "error", err)
				}
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

func (s *Service) working(tenantID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loops[tenantID] > 0
}
