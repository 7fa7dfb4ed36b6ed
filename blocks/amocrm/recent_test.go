package amocrm

import (
	"fmt"
	"testing"
	"time"
)

func TestRecent_onceAMinuteForEachTenant(t *testing.T) {
	var l recent
	now := time.Now()
	for i, step := range []struct {
		tenant string
		after  time.Duration
		want   bool
	}{{"a", 0, true}, {"a", time.Second, false}, {"b", time.Second, true}, {"a", recentFor, true}, {"a", recentFor + time.Second, false}} {
		if got := l.first(step.tenant, now.Add(step.after)); got != step.want {
			t.Errorf("step %d, %s after %s: %v", i, step.tenant, step.after, got)
		}
	}
	for i := range 3 * maxRecent {
		l.first(fmt.Sprint(i), now)
	}
	if len(l.at) > maxRecent {
		t.Errorf("%d remembered", len(l.at))
	}
}
