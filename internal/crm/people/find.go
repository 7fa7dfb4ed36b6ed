package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

const (
	searchHits    = 50  // of one key
	searchShown   = 20  // of a manual search
	searchRunes   = 100 // of a manual search's text
	rememberedMax = 5   // contacts that are read again by id
)

// hits is what a look into the CRM brought, not yet verified.
type hits struct {
	contacts []amocrm.Contact // distinct
	asked    map[string]bool  // queries that were sent
	linked   int64
	linkGone bool
}

// add adds the contacts that are not there yet.
func (f *hits) add(contacts []amocrm.Contact) {
	for _, contact := range contacts {
		if !slices.ContainsFunc(f.contacts, func(x amocrm.Contact) bool { return x.ID == contact.ID }) {
			f.contacts = append(f.contacts, contact)
		}
	}
}

type hit struct {
	contact amocrm.Contact
	matched []Match
}

// find reads the linked contact, or searches by all keys beside reading what was made for the client. The region is the
// last known one; see findMore.
func (ps *People) find(ctx context.Context, c helpdesk.Client, mem crm.Recalled) (hits, error) {
	var f hits
	if mem.Link != 0 {
		contact, err := ps.account.Contact(ctx, mem.Link)
		switch {
		case err == nil:
			return hits{contacts: []amocrm.Contact{contact}, linked: mem.Link}, nil
		case !errors.Is(err, crm.ErrGone):
			return f, fmt.Errorf("read linked contact %d: %w", mem.Link, err)
		}
		if err := ps.account.Memory().DropDeadLink(ctx, c.ID, mem.Link); err != nil {
			return f, err
		}
		f.linkGone = true
	}
	remembered := crm.NewestIDs(mem.Contacts, rememberedMax)
	err := ps.search(ctx, c, ps.account.Region(mem.Country), remembered, &f)
	return f, err
}

// findMore sends the searches that the true region asks for and that were not sent yet: only when the account's country
// was not known before, and only for phones without a country code.
func (ps *People) findMore(ctx context.Context, c helpdesk.Client, region string, f *hits) error {
	if f.linked != 0 {
		return nil
	}
	return ps.search(ctx, c, region, nil, f)
}

// search runs all searches and single reads in parallel and adds the distinct contacts to f.
func (ps *People) search(ctx context.Context, c helpdesk.Client, region string, ids []int64, f *hits) error {
	if f.asked == nil {
		f.asked = map[string]bool{}
	}
	var queries []string
	for _, q := range keysOf(c, region).queries(region) {
		if !f.asked[q] {
			f.asked[q] = true
			queries = append(queries, q)
		}
	}
	var mu sync.Mutex
	add := func(contacts ...amocrm.Contact) {
		mu.Lock()
		defer mu.Unlock()
		f.add(contacts)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, q := range queries {
		g.Go(func() error {
			got, err := ps.account.API().SearchContacts(ctx, q, searchHits)
			if err != nil {
				return fmt.Errorf("search contacts: %w", err)
			}
			add(got...)
			return nil
		})
	}
	for _, id := range ids {
		g.Go(func() error {
			got, err := ps.account.Contact(ctx, id)
			if errors.Is(err, crm.ErrGone) {
				return nil // made and deleted again
			}
			if err != nil {
				return fmt.Errorf("read contact %d: %w", id, err)
			}
			add(got)
			return nil
		})
	}
	return g.Wait()
}

// verified drops near-misses and says why each of the others is here.
func (f hits) verified(c helpdesk.Client, region string, mem crm.Recalled) []hit {
	k := keysOf(c, region)
	var out []hit
	for _, contact := range f.contacts {
		if contact.IsDeleted {
			continue
		}
		var why []Match
		if int64(contact.ID) == f.linked {
			why = append(why, Match{Kind: MatchLink})
		}
		why = append(why, k.match(contact, region)...)
		if len(why) == 0 && slices.Contains(mem.Contacts, int64(contact.ID)) {
			why = append(why, Match{Kind: MatchRemembered})
		}
		if len(why) > 0 {
			out = append(out, hit{contact, why})
		}
	}
	// Searches answer in any order: the newest update first makes the outcome the same every time.
	slices.SortFunc(out, func(x, y hit) int {
		return cmp.Or(cmp.Compare(y.contact.UpdatedAt, x.contact.UpdatedAt), cmp.Compare(y.contact.ID, x.contact.ID))
	})
	return out
}
