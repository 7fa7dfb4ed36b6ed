package store

import (
	"context"
	"sync"
)

// turns lets the goroutines of this process queue for a name, first come first served, so that only the head of each
// queue asks Redis.
type turns struct {
	mu    sync.Mutex
	names map[string]*turn
}

type turn struct {
	free    chan struct{} // holds one token while nobody has the turn
	holders int           // waiting or holding
}

func newTurns() *turns { return &turns{names: map[string]*turn{}} }

// take waits for the turn of name; give must be called once.
func (t *turns) take(ctx context.Context, name string) (give func(), err error) {
	t.mu.Lock()
	queue := t.names[name]
	if queue == nil {
		queue = &turn{free: make(chan struct{}, 1)}
		queue.free <- struct{}{}
		t.names[name] = queue
	}
	queue.holders++
	t.mu.Unlock()

	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if queue.holders--; queue.holders == 0 {
			delete(t.names, name)
		}
	}
	select {
	case <-queue.free:
		return func() {
			queue.free <- struct{}{}
			leave()
		}, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
