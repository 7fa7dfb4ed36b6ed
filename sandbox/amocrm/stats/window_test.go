package stats

import (
	"testing"
	"time"
)

func TestWindow_boundaryAndOrder(t *testing.T) {
	var v Window
	t0 := time.Unix(1000, 0)
	for i, tc := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {400 * time.Millisecond, 2}, {999 * time.Millisecond, 3}, {time.Second, 3}, {1400 * time.Millisecond, 3}, {5 * time.Second, 1}} {
		if got := v.Add(t0.Add(tc.after)); got != tc.want {
			t.Errorf("arrival %d: %d in the window, want %d", i, got, tc.want)
		}
	}
}

func TestWindow_isBoundedWhenTheClockStands(t *testing.T) {
	var v Window
	for range windowCap + 10 {
		v.Add(time.Unix(1, 0))
	}
	if len(v.at) != windowCap {
		t.Errorf("%d arrivals kept, want %d", len(v.at), windowCap)
	}
}
