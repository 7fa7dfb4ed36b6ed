package amocrm

import (
	"sync"
	"time"
)

const (
	recentFor = time.Minute
	maxRecent = 4096 // tenants
)

// recent remembers for which tenants something was done within the last minute, in this process: doing it once more costs
// work and nothing else.
type recent struct {
	mu sync.Mutex
	at map[string]time.Time
}

// first reports whether it was not done for the tenant within the last minute, and takes it as done now.
func (r *recent) first(tenantID string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.at[tenantID]; ok && now.Sub(at) < recentFor {
		return false
	}
	if r.at == nil || len(r.at) >= maxRecent {
		r.at = map[string]time.Time{}
	}
	r.at[tenantID] = now
	return true
}
