package main

import "testing"

func TestGCPercent_leavesASmallHeapRoomAndALargeOneNone(t *testing.T) {
	for live, want := range map[uint64]int{0: mostGC, 1 << 20: mostGC, 5 << 20: 80, 8 << 20: 50, 11 << 20: leastGC, 1 << 30: leastGC} {
		if got := gcPercent(live); got != want {
			t.Errorf("with %d MiB alive: %d %%, want %d", live>>20, got, want)
		}
	}
}
