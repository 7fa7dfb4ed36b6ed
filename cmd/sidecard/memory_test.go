package main

import (
	"context"
	"runtime"
	"testing"
	"time"
)

func TestGCPercent_leavesASmallHeapRoomAndALargeOneNone(t *testing.T) {
	for live, want := range map[uint64]int{0: mostGC, 1 << 20: mostGC, 5 << 20: 240, 8 << 20: 112, 13 << 20: leastGC, 1 << 30: leastGC} {
		if got := gcPercent(live); got != want {
			t.Errorf("with %d MiB alive: %d %%, want %d", live>>20, got, want)
		}
	}
}

func TestEachGC_isCalledAfterEachCollectionUntilItEnds(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	called := make(chan struct{}, 10)
	eachGC(ctx, func() { called <- struct{}{} })
	within := func(limit time.Duration) bool { // a collection right after a call may go unheard
		for end := time.Now().Add(limit); time.Now().Before(end); {
			runtime.GC()
			select {
			case <-called:
				return true
			case <-time.After(10 * time.Millisecond):
			}
		}
		return false
	}
	for range 2 {
		if !within(time.Minute) {
			t.Fatal("no collection was heard of")
		}
	}
	end()
	within(100 * time.Millisecond) // one may have been under way
	if within(100 * time.Millisecond) {
		t.Error("called after the end")
	}
}
