package privacy

import (
	"context"
	"maps"
	"slices"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm"
)

// Person is what is stored of one of a helpdesk's clients.
type Person struct {
	TenantID string                `json:"tenant"`
	ClientID int64                 `json:"client_id"`
	Tickets  []int64               `json:"tickets"`
	Kept     crm.ClientData        `json:"kept"`
	Firings  []rules.Entry         `json:"firings"`
	Sessions []session.KeptSession `json:"open_blocks"`
}

// Person finds what is stored of a client: by his id, by the tickets that opened blocks and done firings tell to be his, and
// by further tickets. A firing that was never worked on does not know its client: only its ticket tells.
func (f Files) Person(ctx context.Context, tenantID string, clientID int64, tickets []int64) (Person, error) {
	p := Person{TenantID: tenantID, ClientID: clientID}
	his := map[int64]bool{}
	for _, id := range tickets {
		his[id] = true
	}
	opened, err := f.Sessions.Of(ctx, tenantID, clientID, nil)
	if err != nil {
		return p, err
	}
	for _, s := range opened {
		his[s.Ticket.ID] = true
	}
	delete(his, 0) // blocks without a ticket are everybody's
	err = f.Firings.Visit(ctx, tenantID, func(e rules.Entry) error {
		if e.Steps.ClientID == clientID {
			his[e.Request.TicketID] = true
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	var deals []int64
	err = f.Firings.Visit(ctx, tenantID, func(e rules.Entry) error {
		if his[e.Request.TicketID] || e.Steps.ClientID == clientID {
			p.Firings = append(p.Firings, e)
			if e.Steps.LeadID != 0 {
				deals = append(deals, e.Steps.LeadID)
			}
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	p.Tickets = slices.Sorted(maps.Keys(his))
	if p.Sessions, err = f.Sessions.Of(ctx, tenantID, clientID, his); err != nil {
		return p, err
	}
	p.Kept, err = crm.NewMemory(f.DB, tenantID).Data(ctx, clientID, deals)
	return p, err
}

// ErasePerson removes what Person has found, and what was read from amoCRM for the whole tenant, and says how much.
func (f Files) ErasePerson(ctx context.Context, p Person) (removed int, err error) {
	if removed, err = f.Firings.Erase(ctx, p.TenantID, p.Firings); err != nil {
		return removed, err
	}
	his := map[int64]bool{}
	for _, id := range p.Tickets {
		his[id] = true
	}
	n, err := f.Sessions.Erase(ctx, p.TenantID, p.Sessions, his)
	if removed += n; err != nil {
		return removed, err
	}
	n, err = crm.NewMemory(f.DB, p.TenantID).Erase(ctx, p.ClientID, p.Kept)
	return removed + n, err
}
