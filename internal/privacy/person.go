package privacy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

// Subject is a person, one of a helpdesk's clients, with what is known to be the person's.
type Subject struct {
	TenantID string
	ClientID int64
	Tickets  map[int64]bool
	Deals    map[int64]bool
}

// HasTicket adds a ticket; those without an id are everybody's.
func (s Subject) HasTicket(id int64) {
	if id != 0 {
		s.Tickets[id] = true
	}
}

// HasDeal adds a deal.
func (s Subject) HasDeal(id int64) {
	if id != 0 {
		s.Deals[id] = true
	}
}

func (s Subject) known() int { return len(s.Tickets) + len(s.Deals) }

// Keeper keeps something of persons or of tenants.
type Keeper interface {
	// Keys are the first parts of the tenant's Redis keys that it exports itself, or that hold secrets.
	Keys() []string
	// Recognise adds tickets and deals of the person to s. It is called again when another keeper has added some.
	Recognise(ctx context.Context, s Subject) error
	// OfPerson returns what it keeps of a person, with the way to erase it.
	OfPerson(ctx context.Context, s Subject) (Part, error)
	// OfTenant returns what it keeps of a tenant, without secrets; a Part without a name is none.
	OfTenant(ctx context.Context, tenantID string) (Part, error)
}

// Part is what one keeper keeps of a person or of a tenant.
type Part struct {
	Name   string // of the export's member
	Value  any    // of the export's member
	Count  int    // of its pieces
	Undone int    // of them: work that waits, and is not done any more once it is erased
	Erase  func(ctx context.Context) (removed int, err error)
}

// Parts are those of several keepers.
type Parts []Part

// Of returns the part of a name.
func (p Parts) Of(name string) Part {
	if i := slices.IndexFunc(p, func(p Part) bool { return p.Name == name }); i >= 0 {
		return p[i]
	}
	return Part{Name: name}
}

// member is one of a JSON object.
type member struct {
	name  string
	value any
}

// members makes them of the parts.
func (p Parts) members() (out []member) {
	for _, part := range p {
		out = append(out, member{part.Name, part.Value})
	}
	return out
}

// object writes members in their order.
func object(members []member) ([]byte, error) {
	var b bytes.Buffer
	for i, m := range members {
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		b.WriteString([]string{"{", ","}[min(i, 1)])
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
