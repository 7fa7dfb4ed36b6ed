package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	garbage     = 4 << 20 // bytes between two collections while that is more than leastGC allows
	leastGC     = 40      // percent: a third less memory than at Go's 100
	mostGC      = 100
	memoryEvery = time.Second
)

// gcPercent is GOGC for what is alive of the heap, in bytes. A small heap that is collected at every few mebibytes costs the
// slowest requests more than it saves.
func gcPercent(live uint64) int {
	return int(min(max(garbage*100/max(live, 1), leastGC), mostGC))
}

// tuneMemory keeps GOGC at gcPercent until ctx ends; at first, while all is read that a start reads, at its least.
func tuneMemory(ctx context.Context) {
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	now := leastGC
	debug.SetGCPercent(now)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(heap)
		if percent := gcPercent(heap[0].Value.Uint64()); max(percent-now, now-percent) > now/10 { // setting it stops the world
			debug.SetGCPercent(percent)
			now = percent
		}
	}
}
