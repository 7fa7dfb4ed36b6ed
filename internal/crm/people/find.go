package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/runes"
)

const (
	searchHits    = 50  // on a page
	searchPages   = 3   // of one key
	searchShown   = 20  // of a manual search
	searchRunes   = 100 // of a manual search's text
	rememberedMax = 5   // contacts that are read again by id
)

// hits is what a look into the CRM brought, not yet verified.
type hits struct {
	mu       sync.Mutex
	contacts []amocrm.Contact // distinct
	asked    map[string]bool  // lines that were looked for
	unasked  []string         // keys that amoCRM's search was not asked for, or not to the end
	cut      bool             // there are more contacts than are read
	linked   int64
	linkGone bool
}

// add adds the contacts that are not there yet.
func (f *hits) add(contacts ...amocrm.Contact) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, contact := range contacts {
		if !slices.ContainsFunc(f.contacts, func(x amocrm.Contact) bool { return x.ID == contact.ID }) {
			f.contacts = append(f.contacts, contact)
		}
	}
}

// leave notes keys that are not asked for.
func (f *hits) leave(unasked ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unasked = append(f.unasked, unasked...)
}

// has reports whether a contact is there.
func (f *hits) has(id int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.contacts, func(c amocrm.Contact) bool { return int64(c.ID) == id })
}

type hit struct {
	contact amocrm.Contact
	matched []Match
}

// find reads the linked contact, or searches by all keys beside reading what was made for the client. The region is the
// last known one; see findMore.
func (ps *People) find(ctx context.Context, c helpdesk.Client, mem crm.Recalled, f *hits) error {
	if mem.Link != 0 {
		contact, err := ps.account.Contact(ctx, mem.Link)
		switch {
		case err == nil:
			f.add(contact)
			f.linked = mem.Link
			return nil
		case !errors.Is(err, crm.ErrGone):
			return fmt.Errorf("read linked contact %d: %w", mem.Link, err)
		}
		if err := ps.account.Memory().DropDeadLink(ctx, c.ID, mem.Link); err != nil {
			return err
		}
		f.linkGone = true
	}
	remembered := crm.NewestIDs(mem.Contacts, rememberedMax)
	return ps.search(ctx, c, ps.account.Region(mem.Country), remembered, f)
}

// findMore looks for what the true region asks for and was not asked yet: only when the account's country was not known
// before, and only for phones without a country code.
func (ps *People) findMore(ctx context.Context, c helpdesk.Client, region string, f *hits) error {
	if f.linked != 0 {
		return nil
	}
	return ps.search(ctx, c, region, nil, f)
}

// search finds the contacts that carry one of the client's phones or e-mails: in the index, and while that can't answer, by
// searches in amoCRM. It reads those in ids beside.
func (ps *People) search(ctx context.Context, c helpdesk.Client, region string, ids []int64, f *hits) error {
	k := keysOf(c, region)
	lines := k.without(f.asked)
	if f.asked == nil {
		f.asked = map[string]bool{}
	}
	for _, line := range lines {
		f.asked[line] = true
	}
	began := time.Now()
	known, built, err := ps.account.Index().Find(ctx, lines)
	if err != nil {
		return err
	}
	ready, news := built, false
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return ps.readBack(gctx, append(slices.Clone(ids), known...), f) })
	switch {
	case len(lines) == 0:
	case built:
		g.Go(func() (err error) { ready, news, err = ps.account.Index().Ready(gctx, began); return err })
	default:
		g.Go(func() error { return ps.query(gctx, k, region, f) })
	}
	if err := g.Wait(); err != nil || !built || ready && !news {
		return err
	}
	if known, built, err = ps.account.Index().Find(ctx, lines); err != nil {
		return err
	}
	if !built || !ready {
		return ps.query(ctx, k, region, f)
	}
	return ps.readBack(ctx, known, f)
}

// query asks amoCRM's search for the first keys, some pages of each, and notes which keys it leaves out.
func (ps *People) query(ctx context.Context, k keys, region string, f *hits) error {
	asked, left := k.split()
	f.leave(left...)
	g, ctx := errgroup.WithContext(ctx)
	for _, q := range asked.queries(region) {
		g.Go(func() error {
			for page, more := 1, true; more; page++ {
				if page > searchPages {
					f.leave(q)
					return nil
				}
				got, next, err := ps.account.API().SearchContacts(ctx, q, page, searchHits)
				if err != nil {
					return fmt.Errorf("search contacts: %w", err)
				}
				f.add(got...)
				more = next && len(got) > 0
			}
			return nil
		})
	}
	return g.Wait()
}

// readBack reads contacts that were not read yet, the newest if there are many: in one call where the account has filters. One
// that is gone leaves the index.
func (ps *People) readBack(ctx context.Context, ids []int64, f *hits) error {
	newest := crm.NewestIDs(ids, len(ids))
	if len(newest) > searchHits {
		f.mu.Lock()
		f.cut = true
		f.mu.Unlock()
	}
	ids = slices.DeleteFunc(newest[:min(len(newest), searchHits)], f.has)
	got, gone, err := ps.account.Contacts(ctx, ids)
	if err != nil {
		return err
	}
	f.add(got...)
	for _, id := range gone {
		if err := ps.account.Index().Remove(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// verified drops near-misses and says why each of the others is here.
func (f *hits) verified(c helpdesk.Client, region string, mem crm.Recalled) []hit {
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

// Resolve returns which contact a rule's deal belongs to: the linked one, else the newest one made for the client within a
// day, else one made within minutes for somebody with one of the client's phones or e-mails, else the most recently updated one that carries one of them. When there is none, contactID is 0
// and made is the contact to create. A linked or remembered contact is not read again: the create that follows says
// when it is gone. For a linked client it costs no CRM call.
func (ps *People) Resolve(ctx context.Context, c helpdesk.Client) (contactID int64, made *amocrm.ContactInput, err error) {
	mem, err := ps.account.Memory().Recall(ctx, c.ID)
	if err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	if known := mem.Contact(); known != 0 {
		return known, nil, nil
	}
	meta, err := ps.account.Vocabulary(ctx, crm.PartAccount|crm.PartContactFields)
	if err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	region := ps.account.Region(meta.Account.Country)
	twins, err := ps.madeFor(ctx, c, region)
	if err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	if len(twins) > 0 {
		return int64(twins[0].ID), nil, nil
	}
	var hits hits
	if err := ps.findMore(ctx, c, region, &hits); err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	if right := hits.verified(c, region, mem); len(right) > 0 {
		return int64(right[0].contact.ID), nil, nil
	}
	in, _ := contactInput(draftOf(c, region).writable(), meta)
	return 0, &in, nil
}

// Known is the contact that Resolve would find for a client of the helpdesk without asking the CRM, 0 for none.
func (ps *People) Known(ctx context.Context, clientID int64) (contactID int64, err error) {
	mem, err := ps.account.Memory().Recall(ctx, clientID)
	if err != nil {
		return 0, fmt.Errorf("recall contact: %w", err)
	}
	return mem.Contact(), nil
}

// DealsMade are the deals that agents made for a client from the card within a day.
func (ps *People) DealsMade(ctx context.Context, clientID int64) (dealIDs []int64, err error) {
	mem, err := ps.account.Memory().Recall(ctx, clientID)
	if err != nil {
		return nil, fmt.Errorf("recall deals: %w", err)
	}
	return mem.Deals, nil
}

// writable leaves out what amoCRM could refuse a whole deal for: nobody is there to mend a rule's form.
func (d Draft) writable() Draft {
	d.Emails = crm.Filter(d.Emails, email.Valid)
	d.Name, d.Position = runes.First(d.Name, crm.MaxNameRunes), runes.First(d.Position, crm.MaxNameRunes)
	d.Phones = d.Phones[:min(len(d.Phones), maxDraftItems)]
	d.Emails = d.Emails[:min(len(d.Emails), maxDraftItems)]
	d.Messengers = d.Messengers[:min(len(d.Messengers), maxDraftItems)]
	return d
}
