package store

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type card struct{ Name string }

func TestFetch_loadsOnceWhileFresh(t *testing.T) {
	conform(t, 2, func(t *testing.T, dbs []*DB) {
		var loads atomic.Int32
		load := func(context.Context) (card, error) {
			return card{strings.Repeat("Иван", int(loads.Add(1)))}, nil
		}
		for _, db := range []*DB{dbs[0], dbs[0], dbs[1]} {
			got, err := Fetch(t.Context(), NewCache(db), Key("t", "c"), time.Minute, load)
			if err != nil || got.Value.Name != "Иван" || got.Stale || time.Since(got.At) > time.Minute {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		got, err := Fetch(t.Context(), NewCache(dbs[1]), Key("t", "c"), 0, load)
		if err != nil || got.Value.Name != "ИванИван" {
			t.Errorf("too old for this caller: %+v, %v", got, err)
		}
	})
}

func TestFetch_valuesAreSealedAndLargeOnesShrink(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		cache, key := NewCache(dbs[0]), Key("t", "c")
		big := card{strings.Repeat("Мария Петрова ", 5000)}
		if err := cache.Put(t.Context(), key, big); err != nil {
			t.Fatal(err)
		}
		raw := dbs[0].Get(t.Context(), key).Val()
		if strings.Contains(raw, "Мария") {
			t.Error("a name lies in Redis in clear")
		}
		if len(raw) > len(big.Name)/10 {
			t.Errorf("%d bytes for %d", len(raw), len(big.Name))
		}
		got, err := Fetch(t.Context(), cache, key, time.Minute, func(context.Context) (card, error) {
			return card{}, errors.New("not needed")
		})
		if err != nil || got.Value != big {
			t.Errorf("read back %d bytes, %v", len(got.Value.Name), err)
		}
	})
}

func TestFetch_oneLoadForManyCallers(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		cache := NewCache(dbs[0])
		var loads atomic.Int32
		release := make(chan struct{})
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				got, err := Fetch(t.Context(), cache, Key("t", "c"), time.Minute, func(context.Context) (int, error) {
					loads.Add(1)
					<-release
					return 7, nil
				})
				if err != nil || got.Value != 7 {
					t.Errorf("%+v, %v", got, err)
				}
			})
		}
		eventually(t, 5*time.Second, "a load runs", func() bool { return loads.Load() > 0 })
		close(release)
		wait.Wait()
		if loads.Load() != 1 {
			t.Errorf("%d loads, want 1", loads.Load())
		}
	})
}

func TestFetch_callerWhoGivesUpDoesNotWasteTheLoad(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		cache, key := NewCache(dbs[0]), Key("t", "c")
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		_, err := Fetch(ctx, cache, key, time.Minute, func(ctx context.Context) (int, error) {
			cancel()
			<-release
			return 7, ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want the caller's own end", err)
		}
		close(release)
		eventually(t, 5*time.Second, "the load is stored", func() bool {
			return dbs[0].Exists(t.Context(), key).Val() == 1
		})
	})
}

func TestFetch_oldValueWhenTheLoadFailsOrIsSlow(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		cache, key := NewCache(dbs[0]), Key("t", "c")
		down := errors.New("down")
		fail := func(context.Context) (int, error) { return 0, down }
		if _, err := Fetch(t.Context(), cache, key, 0, fail); !errors.Is(err, down) {
			t.Fatalf("with nothing old: %v, want the load's error", err)
		}
		if err := cache.Put(t.Context(), key, 7); err != nil {
			t.Fatal(err)
		}
		got, err := Fetch(t.Context(), cache, key, 0, fail)
		if err != nil || got.Value != 7 || !got.Stale || !errors.Is(got.Err, down) {
			t.Errorf("after a failed load: %+v, %v", got, err)
		}
		release := make(chan struct{})
		defer close(release)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		got, err = Fetch(ctx, cache, key, 0, func(context.Context) (int, error) { <-release; return 8, nil })
		if err != nil || got.Value != 7 || !got.Stale || !errors.Is(got.Err, context.DeadlineExceeded) {
			t.Errorf("after a slow load: %+v, %v", got, err)
		}
	})
}

func TestDrop_loadThatBeganBeforeIsNotStored(t *testing.T) {
	conform(t, 2, func(t *testing.T, dbs []*DB) {
		key := Key("t", "c")
		loading, other := NewCache(dbs[0]), NewCache(dbs[1])
		got, err := Fetch(t.Context(), loading, key, time.Minute, func(ctx context.Context) (string, error) {
			return "before the write", other.Drop(ctx, key)
		})
		if err != nil || got.Value != "before the write" {
			t.Fatalf("%+v, %v", got, err)
		}
		for range 2 {
			got, err = Fetch(t.Context(), loading, key, time.Minute, func(context.Context) (string, error) { return "after", nil })
			if err != nil || got.Value != "after" {
				t.Fatalf("after a drop: %+v, %v", got, err)
			}
		}
	})
}

func TestDrop_nextCallerDoesNotJoinALoadFromBefore(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		cache, key := NewCache(dbs[0]), Key("t", "c")
		started, release := make(chan struct{}), make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := Fetch(t.Context(), cache, key, time.Minute, func(context.Context) (string, error) {
				close(started)
				<-release
				return "before", nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-started
		if err := cache.Drop(t.Context(), key, Key("other", "c")); err != nil {
			t.Fatal(err)
		}
		got, err := Fetch(t.Context(), cache, key, time.Minute, func(context.Context) (string, error) { return "after", nil })
		if err != nil || got.Value != "after" {
			t.Errorf("%+v, %v", got, err)
		}
		close(release)
		wait.Wait()
		got, err = Fetch(t.Context(), cache, key, time.Minute, func(context.Context) (string, error) { return "later", nil })
		if err != nil || got.Value != "after" {
			t.Errorf("the old load has overwritten the new one: %+v, %v", got, err)
		}
	})
}

func TestFetch_valueThatDoesNotOpenIsAMiss(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		cache := NewCache(dbs[0])
		if err := cache.Put(t.Context(), Key("a", "c"), 7); err != nil {
			t.Fatal(err)
		}
		moved := dbs[0].Get(t.Context(), Key("a", "c")).Val()
		for _, raw := range []string{moved, moved[:40], "nonsense", ""} {
			dbs[0].Set(t.Context(), Key("b", "c"), raw, 0)
			got, err := Fetch(t.Context(), cache, Key("b", "c"), time.Minute, func(context.Context) (int, error) { return 9, nil })
			if err != nil || got.Value != 9 {
				t.Errorf("%.50q: %+v, %v", raw, got, err)
			}
		}
	})
}

func TestFetch_panicOfALoadIsAnError(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		_, err := Fetch(t.Context(), NewCache(dbs[0]), Key("t", "c"), 0, func(context.Context) (int, error) { panic("boom") })
		if err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("%v", err)
		}
	})
}

func TestFetch_oldValueLeavesTimeToUseIt(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		cache, key := NewCache(dbs[0]), Key("t", "c")
		if err := cache.Put(t.Context(), key, card{"old"}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*cacheUse)
		defer cancel()
		release := make(chan struct{})
		defer close(release)
		got, err := Fetch(ctx, cache, key, 0, func(context.Context) (card, error) {
			<-release
			return card{"new"}, nil
		})
		if err != nil || got.Value.Name != "old" || !got.Stale || !errors.Is(got.Err, context.DeadlineExceeded) {
			t.Errorf("%+v, %v", got, err)
		}
		if ctx.Err() != nil {
			t.Error("the caller's time was used up")
		}
	})
}
