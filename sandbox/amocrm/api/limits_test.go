package api

import (
	"fmt"
	"testing"
	"time"
)

func TestLimits_keysAreBounded(t *testing.T) {
	var l limits
	now := time.Unix(1, 0)
	for i := range limitKeys + 50 {
		l.allow(fmt.Sprint(i), 7, func() time.Time { return now })
		now = now.Add(time.Millisecond)
	}
	if len(l.windows) > limitKeys {
		t.Errorf("%d windows kept, want at most %d", len(l.windows), limitKeys)
	}
}
