package people

import (
	"context"
	"fmt"
	"slices"

	"github.com/sidecard/sidecard/internal/helpdesk"
)

// Matches answers as People does, but past the link: everybody who carries one of the client's phones or e-mails, with
// the linked contact first and marked in Linked. It is for mending a wrong link.
func (ps *People) Matches(ctx context.Context, c helpdesk.Client) (Found, error) {
	mem, err := ps.account.Memory().Recall(ctx, c.ID)
	if err != nil {
		return Found{}, fmt.Errorf("find all matches: %w", err)
	}
	link := mem.Link
	if link == 0 {
		return ps.People(ctx, c)
	}
	made := slices.Clone(mem.Contacts)
	key := ps.account.Keys().People(c.ID, "all", ps.fingerprint(c, mem))
	mem.Link = 0
	// Read by its id, as what was made is: the search need not find it.
	mem.Contacts = append([]int64{link}, made[:min(len(made), rememberedMax-1)]...)
	p, err := ps.fetchPeople(ctx, key, c, mem)
	if err != nil {
		return Found{}, fmt.Errorf("find all matches: %w", err)
	}
	for i := range p.Contacts {
		person := &p.Contacts[i]
		if person.ID != link {
			continue
		}
		why := slices.DeleteFunc(slices.Clone(person.Matched), func(m Match) bool {
			return m.Kind == MatchRemembered && !slices.Contains(made, link)
		})
		person.Matched = append([]Match{{Kind: MatchLink}}, why...)
		p.Linked = link
	}
	sortPeople(p.Contacts, p.Linked)
	return p, nil
}
