package turn

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWait_stepsOfWorkGoOneByOneWhileRequestsCome(t *testing.T) {
	for name, c := range map[string]struct {
		work  bool
		since time.Duration // the last request
		steps int
		want  time.Duration // until the last step has begun
	}{
		"one step":                 {true, 0, 1, 0},
		"eight at once":            {true, 0, 8, 7 * gap},
		"a thousand at once":       {true, 0, 1000, longest},
		"no request has come":      {true, busyFor + 1, 8, 0},
		"the steps of a request's": {false, 0, 8, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				next.Store(0)
				ctx := context.Background()
				if c.work {
					ctx = Background(ctx)
				}
				Request()
				time.Sleep(c.since)
				start := time.Now()
				var all sync.WaitGroup
				for range c.steps {
					all.Go(func() { Wait(ctx) })
				}
				all.Wait()
				if took := time.Since(start); took != c.want {
					t.Errorf("the last began after %v, want %v", took, c.want)
				}
			})
		})
	}
}
