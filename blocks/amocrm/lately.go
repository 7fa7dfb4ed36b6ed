package amocrm

import (
	"sync"
	"time"
)

const (
	latelyFor  = time.Minute
	latelyMost = 4096 // tenants
)

// lately remembers for which tenants something was done within the last minute, in this process: doing it once more costs
// work and nothing else.
type lately struct {
	mu sync.Mutex
	at map[string]time.Time
}

// first reports whether it was not done for the tenant within the last minute, and takes it as done now.
func (l *lately) first(tenantID string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.at[tenantID]; ok && now.Sub(at) < latelyFor {
		return false
	}
	if l.at == nil || len(l.at) >= latelyMost {
		l.at = map[string]time.Time{}
	}
	l.at[tenantID] = now
	return true
}
