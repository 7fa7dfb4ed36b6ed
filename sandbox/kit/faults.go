package kit

import (
	"fmt"
	"slices"
	"sync"
)

// Faults are the active switches of POST /_sandbox/faults; F is a system's own kind of them.
type Faults[F any] struct {
	mu   sync.Mutex
	list []*counted[F]
}

// counted is a fault and the requests it is still good for; 0 is until cleared.
type counted[F any] struct {
	fault F
	left  int
}

// Add puts a fault beside the others, for a number of requests; 0 is until cleared.
func (f *Faults[F]) Add(fault F, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &counted[F]{fault, times})
}

// Take returns the faults that match a request and uses up one time of each.
func (f *Faults[F]) Take(matches func(F) bool) []F {
	f.mu.Lock()
	defer f.mu.Unlock()
	var taken []F
	f.list = slices.DeleteFunc(f.list, func(x *counted[F]) bool {
		if !matches(x.fault) {
			return false
		}
		taken = append(taken, x.fault)
		if x.left == 0 {
			return false
		}
		x.left--
		return x.left == 0
	})
	return taken
}

// Clear ends all faults.
func (f *Faults[F]) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// Active returns the faults, each with the times that are left.
func (f *Faults[F]) Active(with func(fault F, left int) F) []F {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Each(f.list, func(_ int, x *counted[F]) F { return with(x.fault, x.left) })
}

// FieldError names which field of a control request is wrong and what it takes.
type FieldError struct{ Field, Accepts string }

func (e FieldError) Error() string { return fmt.Sprintf("%s: accepted is %s", e.Field, e.Accepts) }

// WrongField returns a FieldError.
func WrongField(field, accepts string) error { return FieldError{field, accepts} }

// CheckFault refuses a latency and a status that can't be.
func CheckFault(latencyMS, status int) error {
	switch {
	case latencyMS < 0 || latencyMS > 600_000:
		return WrongField("latency_ms", "0 to 600000 milliseconds")
	case status != 0 && (status < 200 || status > 599):
		return WrongField("status", "an HTTP status, 200 to 599")
	}
	return nil
}
