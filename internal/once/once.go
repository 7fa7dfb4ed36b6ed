// Package once makes writes to another system that must not be made twice, one at a time or many in one call.
//
// The protocol: the intent to write is stored, then the write is sent. While its outcome is not known, it is looked for in the other
// system before it may be sent again.
//
//	open ──store──▶ intent stored ──send──▶ done
//	  ▲                │  └── refused, not done: dropped ──▶ ended
//	  │                └── no answer ──▶ lost ──look──▶ done          found, and nobody else's
//	  └──────────────── not there, looked for long enough ──┤
//	                                                        └──▶ ended   look again later, or a person has to say which it is
//
// It refuses to know the other system, what an intent holds and where it is kept, and how long a lost write is looked for: all that
// is the Step's.
//
// Invariants:
//   - Nothing is sent before its intent is stored.
//   - An intent goes when the answer is known or the write was found, and when nothing was sent; never when it may have been done.
//   - Of several writes in one call, the ones that the other system refuses do not stop the others.
package once

import (
	"context"
	"slices"
)

// Outcome is what an error says of a write.
type Outcome int

// Outcomes of a write that brought an error.
const (
	NotDone Outcome = iota
	Refused         // not done; the same write would be refused again
	Unknown         // it may have been done
)

// Step is one kind of write for items of a type.
type Step[T comparable] interface {
	// Lost reports whether an item's intent is stored and its outcome is not known.
	Lost(item T) bool
	// Look looks for lost writes. Each is done afterwards, or may be made again, or has ended for now.
	Look(ctx context.Context, lost []T)
	// Store stores the intents of items and returns those whose writes may be sent. again: it was done before, and it may be long
	// ago that they might be sent.
	Store(ctx context.Context, items []T, again bool) []T
	// Send sends the writes of items in one call, and takes what the answer says was made.
	Send(ctx context.Context, items []T) error
	// Outcome returns what an error of Send says of an item's write, and the part of a refusal that names it, nil for none.
	Outcome(err error, item T) (how Outcome, mine error)
	// Drop forgets the intent of an item: nothing was made.
	Drop(ctx context.Context, item T)
	// End ends an item whose write was not made. An Unknown one without an error is one that the answer does not name.
	End(ctx context.Context, item T, how Outcome, err error)
}

// Recover looks for the writes of items whose outcome is not known.
func Recover[T comparable](ctx context.Context, s Step[T], items []T) {
	if lost := slices.DeleteFunc(slices.Clone(items), func(x T) bool { return !s.Lost(x) }); len(lost) > 0 {
		s.Look(ctx, lost)
	}
}

// Make makes the writes of items, none of which is lost.
func Make[T comparable](ctx context.Context, s Step[T], items []T) {
	send(ctx, s, store(ctx, s, items, false))
}

// send sends writes and, when some are refused, sends the others again. When the refusal names none, the halves are tried apart
// until the guilty one is alone.
func send[T comparable](ctx context.Context, s Step[T], items []T) {
	for len(items) > 0 {
		err := s.Send(ctx, items)
		var good []T
		for _, x := range items {
			how, mine := Unknown, err // of what an answer does not name
			if err != nil {
				how, mine = s.Outcome(err, x)
			}
			switch {
			case how == Refused && mine == nil && len(items) > 1:
				good = append(good, x)
				continue
			case how != Refused && !s.Lost(x):
				continue
			case how != Unknown:
				s.Drop(ctx, x)
			}
			if mine == nil {
				mine = err
			}
			s.End(ctx, x, how, mine)
		}
		if len(good) == len(items) {
			half := len(items) / 2
			send(ctx, s, store(ctx, s, items[:half], true))
			send(ctx, s, store(ctx, s, items[half:], true))
			return
		}
		items = store(ctx, s, good, true)
	}
}

// store stores intents, and drops those of writes that may not be sent.
func store[T comparable](ctx context.Context, s Step[T], items []T, again bool) []T {
	if len(items) == 0 {
		return nil
	}
	now := s.Store(ctx, items, again)
	for _, x := range items {
		if !slices.Contains(now, x) {
			s.Drop(ctx, x)
		}
	}
	return now
}

// Match returns which answer each write has, -1 for none, from the keys that were sent along with the writes and those that came back
// with each answer: by its key or, where an answer has none and there are as many as writes, by its place.
func Match(sent []string, answered [][]string) []int {
	out := make([]int, len(sent))
	for i, key := range sent {
		out[i] = -1
		for k, keys := range answered {
			if slices.Contains(keys, key) || len(keys) == 0 && k == i && len(answered) == len(sent) {
				out[i] = k
			}
		}
	}
	return out
}
