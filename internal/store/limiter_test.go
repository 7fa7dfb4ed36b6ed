package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func TestLimiter_noSlidingSecondHoldsMoreThanTheLimit(t *testing.T) {
	const limit, run = 7, 4 * time.Second
	conform(t, 3, func(t *testing.T, dbs []*DB) {
		var mu sync.Mutex
		var arrivals []time.Time
		ctx, cancel := context.WithTimeout(t.Context(), run)
		defer cancel()
		var wait sync.WaitGroup
		for i := range 24 {
			wait.Go(func() {
				limiter := dbs[i%3].Limiter("https://example.amocrm.ru", limit, Priority(i%2))
				for ctx.Err() == nil {
					done, err := limiter.Wait(ctx)
					if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					// Somewhere between grant and answer the request arrives.
					time.Sleep(rand.N(80 * time.Millisecond))
					mu.Lock()
					arrivals = append(arrivals, time.Now())
					mu.Unlock()
					time.Sleep(rand.N(80 * time.Millisecond))
					done()
				}
			})
		}
		wait.Wait()
		slices.SortFunc(arrivals, time.Time.Compare)
		for i := range max(0, len(arrivals)-limit) {
			if gap := arrivals[i+limit].Sub(arrivals[i]); gap < time.Second {
				t.Errorf("%d requests within %s", limit+1, gap)
			}
		}
		if least := 3 * limit; len(arrivals) < least {
			t.Errorf("%d requests in %s, want at least %d", len(arrivals), run, least)
		}
	})
}

func TestLimiter_backgroundLeavesSlotsToPeople(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		background, people := dbs[0].Limiter("h", 7, Background), dbs[0].Limiter("h", 7, Interactive)
		grants := func(p *Limiter) (n int) {
			for {
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				_, err := p.Wait(ctx)
				cancel()
				if err != nil {
					var busy *Busy
					if !errors.As(err, &busy) || busy.Paused || !errors.Is(err, context.DeadlineExceeded) {
						t.Fatalf("%v, want Busy", err)
					}
					return n
				}
				n++
			}
		}
		if n := grants(background); n != 5 {
			t.Errorf("background got %d slots of 7, want 5", n)
		}
		if n := grants(people); n != 2 {
			t.Errorf("people got %d more slots, want 2", n)
		}
	})
}

func TestLimiter_givesUpAtOnceWhenTheDeadlineComesFirst(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		limiter := dbs[0].Limiter("h", 1, Interactive)
		if _, err := limiter.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
		defer cancel()
		start := time.Now()
		var busy *Busy
		if _, err := limiter.Wait(ctx); !errors.As(err, &busy) {
			t.Fatalf("%v, want Busy", err)
		}
		if took := time.Since(start); took > 500*time.Millisecond {
			t.Errorf("told after %s", took)
		}
	})
}

func TestLimiter_namesDoNotShareSlots(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		for _, name := range []string{"a", "b"} {
			if _, err := dbs[0].Limiter(name, 1, Interactive).Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// clocked is a DB whose Redis' clock the test moves.
func clocked(t *testing.T) (*DB, func(time.Duration)) {
	server := miniredis.RunT(t)
	now := time.Now()
	server.SetTime(now)
	ring, _ := NewRing()
	db := openURL(t, "redis://"+server.Addr(), ring)
	return db, func(d time.Duration) {
		now = now.Add(d)
		server.SetTime(now)
	}
}

// rest is what these tests leave of a wait: more than free has time for.
const rest = 900 * time.Millisecond

// free reports whether a slot is free now.
func free(t *testing.T, p *Limiter) (done func(), wait time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), rest-50*time.Millisecond)
	defer cancel()
	done, err := p.Wait(ctx)
	var busy *Busy
	if errors.As(err, &busy) {
		return nil, busy.Wait
	}
	if err != nil {
		t.Fatal(err)
	}
	return done, 0
}

func TestLimiter_slotsEndASecondAfterTheAnswer(t *testing.T) {
	db, forward := clocked(t)
	limiter := db.Limiter("h", 1, Interactive)
	done, _ := free(t, limiter)
	forward(20 * time.Second)
	if _, wait := free(t, limiter); wait != slotWindow {
		t.Fatalf("in flight: wait %s, want a whole window", wait)
	}
	done()
	done() // again: no longer, no shorter
	forward(slotWindow - rest)
	if _, wait := free(t, limiter); wait != rest {
		t.Fatalf("before a second was over: wait %s, want %s", wait, rest)
	}
	forward(rest)
	if _, wait := free(t, limiter); wait != 0 {
		t.Fatalf("a second after the answer: wait %s", wait)
	}
}

func TestLimiter_slotOfACrashedHolderEnds(t *testing.T) {
	db, forward := clocked(t)
	limiter := db.Limiter("h", 1, Interactive)
	free(t, limiter)
	forward(slotCrash - rest)
	if _, wait := free(t, limiter); wait != rest {
		t.Fatalf("wait %s, want the rest of the crash time", wait)
	}
	forward(rest)
	if _, wait := free(t, limiter); wait != 0 {
		t.Fatalf("after the crash time: wait %s", wait)
	}
}

// A caller who gave up takes back the slot that he may have; his question may reach Redis before that or after it.
func TestLimiter_aCallerWhoGaveUpKeepsNoSlot(t *testing.T) {
	db, _ := clocked(t)
	limiter := db.Limiter("h", 1, Interactive)
	ask := func(id string) {
		if _, err := takeSlot.Run(t.Context(), db, []string{limiter.slots, limiter.pause, limiter.gone},
			1, id, slotCrash.Milliseconds(), slotWindow.Milliseconds()).Result(); err != nil {
			t.Fatal(err)
		}
	}
	ask("before")
	limiter.finish("before", 0)
	limiter.finish("after", 0)
	ask("after")
	if _, wait := free(t, limiter); wait != 0 {
		t.Errorf("wait %s though nobody has a slot", wait)
	}
	if left := db.PTTL(t.Context(), limiter.gone).Val(); left <= 0 || left > slotGone {
		t.Errorf("who gave up is remembered for %s", left)
	}
}

func TestLimiter_penaltyPausesEverybody(t *testing.T) {
	db, forward := clocked(t)
	people, background := db.Limiter("h", 7, Interactive), db.Limiter("h", 7, Background)
	background.Penalty(t.Context(), 30)
	people.Penalty(t.Context(), 5) // shorter: the longer stays
	for _, limiter := range []*Limiter{people, background} {
		if _, wait := free(t, limiter); wait != 30*time.Second {
			t.Errorf("wait %s, want 30 s", wait)
		}
	}
	forward(30 * time.Second)
	if _, wait := free(t, people); wait != 0 {
		t.Errorf("after the pause: wait %s", wait)
	}
	people.Penalty(t.Context(), 1<<40)
	if _, wait := free(t, people); wait != maxPause {
		t.Errorf("a pause without end is kept for %s, want %s", wait, maxPause)
	}
}

func TestLimiter_penaltyWithoutATimeDoubles(t *testing.T) {
	db, forward := clocked(t)
	limiter := db.Limiter("h", 7, Interactive)
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 32} {
		want *= time.Second
		limiter.Penalty(t.Context(), 0)
		limiter.Penalty(t.Context(), 0) // a second answer of the same burst is no second strike
		_, wait := free(t, limiter)
		if wait < want || wait > want*5/4 {
			t.Errorf("wait %s, want %s and up to a quarter", wait, want)
		}
		forward(wait)
	}
}

func TestLimiter_penaltyIsForgottenAfterAMinute(t *testing.T) {
	server := miniredis.RunT(t)
	ring, _ := NewRing()
	db := openURL(t, "redis://"+server.Addr(), ring)
	db.Limiter("h", 7, Interactive).Penalty(t.Context(), 0)
	server.FastForward(62 * time.Second)
	if keys := server.Keys(); len(keys) != 0 {
		t.Errorf("left behind: %v", keys)
	}
}
