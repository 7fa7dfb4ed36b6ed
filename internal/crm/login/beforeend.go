package login

import "context"

// BeforeEnd has call called before a person's disconnecting wipes a tenant's tokens: what must be undone in amoCRM can be
// undone while they still work. The person waits for it, at most ten seconds.
func (g *Grants) BeforeEnd(call func(ctx context.Context, tenantID string)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.beforeEnd = append(g.beforeEnd, call)
}

func (g *Grants) announceEnd(ctx context.Context, tenantID string) {
	g.tell(ctx, tenantID, &g.beforeEnd)
}
