package privacy

import (
	"context"
	"maps"
	"slices"
)

// Person is what is stored of one of a helpdesk's clients.
type Person struct {
	Subject Subject
	Parts   Parts
}

// Person finds what is stored of a client: by the client's id, by the tickets that keepers recognise as the client's, and by
// further tickets.
func (f Files) Person(ctx context.Context, tenantID string, clientID int64, tickets []int64) (Person, error) {
	s := Subject{TenantID: tenantID, ClientID: clientID, Tickets: map[int64]bool{}, Deals: map[int64]bool{}}
	for _, id := range tickets {
		s.HasTicket(id)
	}
	for before := -1; before != s.known(); {
		before = s.known()
		for _, k := range f.Keepers {
			if err := k.Recognise(ctx, s); err != nil {
				return Person{}, err
			}
		}
	}
	p := Person{Subject: s}
	for _, k := range f.Keepers {
		part, err := k.OfPerson(ctx, s)
		if err != nil {
			return p, err
		}
		p.Parts = append(p.Parts, part)
	}
	return p, nil
}

// MarshalJSON implements json.Marshaler.
func (p Person) MarshalJSON() ([]byte, error) {
	return object(append([]member{
		{"tenant", p.Subject.TenantID}, {"client_id", p.Subject.ClientID}, {"tickets", slices.Sorted(maps.Keys(p.Subject.Tickets))},
	}, p.Parts.members()...))
}

// ErasePerson removes what Person has found, and what was read from the CRM for the whole tenant, and returns how much. It goes
// in the order of the keepers: what tells which things are the person's comes last, so that an erasing that was cut off can be
// repeated.
func (f Files) ErasePerson(ctx context.Context, p Person) (removed int, err error) {
	for _, part := range p.Parts {
		n, err := part.Erase(ctx)
		if removed += n; err != nil {
			return removed, err
		}
	}
	return removed, nil
}
