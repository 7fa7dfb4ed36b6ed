package dispatch

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const (
	stepLeast = time.Second // a smaller difference may be the way of an answer
	maxSteps  = 64          // that are remembered
)

// Clock watches Redis' clock by this process's own, which only goes forward. Redis' may be set: a step forward ends the
// leases of workers who are still at it, and after a step back everything seems to have been later than it was. The zero
// value has seen nothing yet.
type Clock struct {
	mu            sync.Mutex
	said          time.Time // the last reading
	before, after time.Time // between these it was taken, by our own clock
	began         time.Time // when it was first seen
	forward       time.Time // when it was last seen to have stepped forward
	back          []backStep
}

type backStep struct {
	at time.Time
	by time.Duration
}

// note takes a reading of Redis' clock that was asked for at before and is here now.
func (c *Clock) note(said, before time.Time) {
	after := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.said.IsZero() {
		c.began = after
	} else {
		went := said.Sub(c.said)
		if most := after.Sub(c.before); went > most+stepLeast {
			c.forward = after
		}
		if least := before.Sub(c.after); went < least-stepLeast {
			c.back = append(c.back[max(0, len(c.back)+1-maxSteps):], backStep{after, least - went})
		}
	}
	c.said, c.before, c.after = said, before, after
}

// Latest is what Redis' clock says at most now, if it has not stepped since it was last seen; zero when it never was.
func (c *Clock) Latest() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.said.IsZero() {
		return time.Time{}
	}
	return c.said.Add(time.Since(c.before))
}

// watched is how much longer the clock has to be watched until it was seen to go for d without a step forward.
func (c *Clock) watched(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.said.IsZero() {
		return d
	}
	return max(0, d-time.Since(cmp.Or(c.forward, c.began)))
}

// Stepped is how much of d is left since the clock was last seen to step forward; 0 when it never was.
func (c *Clock) Stepped(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forward.IsZero() {
		return 0
	}
	return max(0, d-time.Since(c.forward))
}

// Ago is how long ago something was that was by ago to Redis' clock: that may have been set back since.
func (c *Clock) Ago(by time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, step := range slices.Backward(c.back) {
		if time.Since(step.at) > by+step.by {
			break // before it
		}
		by += step.by
	}
	return max(0, by)
}
