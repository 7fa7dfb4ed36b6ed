package rules

import (
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/sidecard/sidecard/internal/crm"
)

const (
	memoFresh = time.Minute // a younger vocabulary may refuse a request
	memoKeep  = 10 * time.Minute
	maxMemo   = 48 // tenants: a large account's vocabulary is half a megabyte
)

// memo keeps the vocabularies of the tenants that fire most, so that accepting does not decode one each time. It is a
// cache of this process and nothing else: losing it costs a read.
type memo struct {
	flight singleflight.Group
	mu     sync.Mutex
	known  map[string]known
}

type known struct {
	meta crm.Meta
	read time.Time
}

func newMemo() *memo { return &memo{known: map[string]known{}} }

// get returns a tenant's vocabulary, at most ten minutes after it was read; one older than a minute is read again in
// the background. Without one it waits as long as it may. load makes no use of the caller's context.
func (m *memo) get(tenantID string, wait time.Duration, load func() (crm.Meta, error)) (crm.Meta, bool) {
	m.mu.Lock()
	k, ok := m.known[tenantID]
	m.mu.Unlock()
	age := time.Since(k.read)
	if !ok || age > memoKeep {
		return m.renew(tenantID, wait, load)
	}
	if age > memoFresh {
		m.flight.DoChan(tenantID, m.loading(tenantID, load))
	}
	return k.meta, true
}

// renew reads a tenant's vocabulary; ok is false when that fails or takes longer than wait, and it goes on then.
func (m *memo) renew(tenantID string, wait time.Duration, load func() (crm.Meta, error)) (crm.Meta, bool) {
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	select {
	case got := <-m.flight.DoChan(tenantID, m.loading(tenantID, load)):
		if meta, ok := got.Val.(crm.Meta); ok && got.Err == nil {
			return meta, true
		}
	case <-timeout.C:
	}
	return crm.Meta{}, false
}

func (m *memo) loading(tenantID string, load func() (crm.Meta, error)) func() (any, error) {
	return func() (any, error) {
		meta, err := load()
		if err != nil {
			return nil, err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if len(m.known) >= maxMemo {
			oldest := ""
			for id, k := range m.known {
				if oldest == "" || k.read.Before(m.known[oldest].read) {
					oldest = id
				}
			}
			delete(m.known, oldest)
		}
		m.known[tenantID] = known{meta: meta, read: time.Now()}
		return meta, nil
	}
}
