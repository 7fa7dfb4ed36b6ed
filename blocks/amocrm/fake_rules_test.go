package amocrm

import (
	"context"
	"sync"

	"github.com/sidecard/sidecard/blocks/rules"
)

// fakeRules answers every try with what the test has set and notes what it was asked.
type fakeRules struct {
	mu     sync.Mutex
	trial  rules.Trial
	err    error
	tenant string
	ticket int64
	rule   string
}

func (f *fakeRules) TryRule(_ context.Context, tenantID string, ticketID int64, rule string) (rules.Trial, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tenant, f.ticket, f.rule = tenantID, ticketID, rule
	return f.trial, f.err
}
