package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// An upgrade replaces one replica after the other under load: who is sent to the replicas that are up sees no failure, every
// stop takes less than ten seconds, and every firing is one lead.
func TestFault_rollingRestartLosesNothing(t *testing.T) {
	t.Parallel()
	const firings = 40
	w := connect(t, 2)
	made, _ := w.Fill(firings)
	request := w.BlockRequest(w.Ticket("known_one_deal"), nil)

	var mu sync.RWMutex // the load balancer: a replica is taken out before it is told to stop
	up := []bool{true, true}
	through := func(ask func(base string)) {
		mu.RLock()
		defer mu.RUnlock()
		for i, ok := range up {
			if ok {
				ask(w.Replicas[i])
				return
			}
		}
	}
	done := make(chan struct{})
	opened := 0
	var load sync.WaitGroup
	load.Go(func() {
		for i := range firings {
			through(func(base string) {
				if status := w.offer(base, w.SeedRule(made[i], map[string]any{"comment": fmt.Sprint("firing ", i)}), 2*patience); status != http.StatusAccepted {
					t.Errorf("firing %d got %d", i, status)
				}
			})
			<-time.After(100 * time.Millisecond)
		}
	})
	load.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
				through(func(base string) { w.Open(base, request); opened++ })
			}
		}
	})
	for i := range w.Replicas {
		mu.Lock()
		up[i] = false
		mu.Unlock()
		began := time.Now()
		w.Processes[i].Stop(t)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the stop took %s", took)
		}
		w.Processes[i] = w.Serve(w.Replicas[i])
		turnsReady(t, w.Replicas[i])
		mu.Lock()
		up[i] = true
		mu.Unlock()
	}
	close(done)
	load.Wait()
	if opened == 0 {
		t.Error("no block was opened meanwhile")
	}
	w.settles(2*time.Minute, firings, firings, firings)
}
