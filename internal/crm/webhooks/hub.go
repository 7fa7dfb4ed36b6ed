package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/store"
)

// Hub hands the changes that any replica tells of to the listeners of this one, over one connection to Redis. One who listens
// while Redis is away misses changes: Since helps those that must not.
type Hub struct {
	db  *store.DB
	log *slog.Logger

	mu        sync.Mutex
	sub       *redis.PubSub // nil while nobody listens
	listeners map[string][]*listener
	pumps     sync.WaitGroup
}

// NewHub makes a Hub.
func NewHub(db *store.DB, log *slog.Logger) *Hub {
	return &Hub{db: db, log: log, listeners: map[string][]*listener{}}
}

// listener is one of those who hear.
type listener struct{ hear func(crm.Change) }

// Listen calls hear with each change of a tenant's account from now on, until stop, which must be called. hear must not block
// and not call stop.
func (h *Hub) Listen(ctx context.Context, tenantID string, hear func(crm.Change)) (stop func(), err error) {
	name, l := crm.ChangesChannel(tenantID), &listener{hear}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.listeners[name]) == 0 {
		if err := h.join(ctx, name); err != nil {
			return nil, fmt.Errorf("listen for changes: %w", err)
		}
	}
	h.listeners[name] = append(h.listeners[name], l)
	return sync.OnceFunc(func() { h.leave(name, l) }), nil
}

// join subscribes to a channel; the first one opens the connection. The caller holds the lock.
func (h *Hub) join(ctx context.Context, name string) error {
	if h.sub != nil {
		return h.sub.Subscribe(ctx, name)
	}
	sub := h.db.Subscribe(ctx, name)
	if _, err := sub.Receive(ctx); err != nil {
		_ = sub.Close() // the error that tells is the first one
		return err
	}
	h.sub = sub
	h.pumps.Go(func() { h.pump(sub) })
	return nil
}

func (h *Hub) leave(name string, l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners[name] = slices.DeleteFunc(h.listeners[name], func(x *listener) bool { return x == l })
	if len(h.listeners[name]) > 0 {
		return
	}
	delete(h.listeners, name)
	if len(h.listeners) == 0 {
		h.end()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := h.sub.Unsubscribe(ctx, name); err != nil {
		h.log.Warn("channel of changes not left", "error", err)
	}
}

// end closes the connection. The caller holds the lock.
func (h *Hub) end() {
	if h.sub == nil {
		return
	}
	if err := h.sub.Close(); err != nil {
		h.log.Warn("channel of changes not closed", "error", err)
	}
	h.sub = nil
}

// pump ends with its connection.
func (h *Hub) pump(sub *redis.PubSub) {
	for m := range sub.Channel() {
		var c crm.Change
		if err := json.Unmarshal([]byte(m.Payload), &c); err != nil {
			h.log.Warn("change not readable", "error", err)
			continue
		}
		h.mu.Lock()
		for _, to := range h.listeners[m.Channel] {
			to.hear(c)
		}
		h.mu.Unlock()
	}
}

// Since returns what has changed after a time, at most ten minutes back.
func (h *Hub) Since(ctx context.Context, tenantID string, since time.Time) ([]crm.Change, error) {
	return crm.ChangesSince(ctx, h.db, tenantID, since)
}

// Close ends the connection and waits for its reader.
func (h *Hub) Close() {
	h.mu.Lock()
	h.end()
	h.mu.Unlock()
	h.pumps.Wait()
}
