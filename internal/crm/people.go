package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/internal/store"
)

// People answers who of the CRM this client is and which deals he has. A linked client is that contact and nobody else;
// otherwise whoever was made for him within a day or carries one of his phones or e-mails. Cold it is two round trips
// deep: searches beside the vocabulary, then all deals at once beside the names of companies. When only the deals fail, the contacts come with DealsErr
// unless a complete older answer exists. Errors: those of the connector, oauth.ErrNeedsLogin, ctx's.
func (a *Account) People(ctx context.Context, c helpdesk.Client) (People, error) {
	mem, err := a.Memory().Recall(ctx, c.ID)
	if err != nil {
		return People{}, fmt.Errorf("find people: %w", err)
	}
	p, err := a.fetchPeople(ctx, a.Keys().People(c.ID, a.fingerprint(c, mem)), c, mem)
	if err != nil {
		return People{}, fmt.Errorf("find people: %w", err)
	}
	if p.Linked == 0 && mem.LinkGone {
		p.LinkGone = true
	}
	return p, nil
}

// fetchPeople reads people through the cache, half of them when only the deals fail.
func (a *Account) fetchPeople(ctx context.Context, key string, c helpdesk.Client, mem Recalled) (People, error) {
	load := func(ctx context.Context) (People, error) { return a.loadPeople(ctx, c, mem) }
	got, err := store.Fetch(ctx, a.Cache(), key, a.DataAge(), load)
	if err == nil && !got.Stale {
		if fresh := a.peopleAge(got.Value); time.Since(got.At) >= fresh { // somebody on the card has changed since
			got, err = store.Fetch(ctx, a.Cache(), key, fresh, load)
		}
	}
	p := got.Value
	p.At, p.Stale, p.Err = got.At, got.Stale, got.Err
	if half, ok := errors.AsType[*halfPeople](err); ok {
		p = half.people
		p.At = time.Now()
		return p, nil
	}
	return p, err
}

// peopleAge is how old a card may be that shows p.
func (a *Account) peopleAge(p People) time.Duration {
	fresh := a.DataAge()
	for _, c := range p.Contacts {
		fresh = min(fresh, a.AgeOf("contacts", c.ID))
		for _, d := range c.Deals {
			fresh = min(fresh, a.AgeOf("leads", d.ID))
		}
	}
	return fresh
}

// fingerprint names everything that decides who is found, so that a link, a new contact or a new deal shows at once.
// It is keyed: phones and e-mails can't be guessed back from a cache key.
func (a *Account) fingerprint(c helpdesk.Client, m Recalled) string {
	say := []string{"people", a.Settings().Region, Decimal(m.Link)}
	for _, list := range [][]int64{m.Contacts, m.Deals} {
		for _, id := range list {
			say = append(say, Decimal(id))
		}
		say = append(say, "|")
	}
	say = append(append(append(say, c.Phones...), "|"), c.Emails...)
	say = append(append(say, "|"), a.Settings().ListLayout...)
	return a.DB().Ring().Fingerprints(say...)[0]
}

// halfPeople carries contacts whose deals could not be read.
type halfPeople struct {
	people People
	err    error
}

func (h *halfPeople) Error() string { return h.err.Error() }
func (h *halfPeople) Unwrap() error { return h.err }

func (a *Account) loadPeople(ctx context.Context, c helpdesk.Client, mem Recalled) (People, error) {
	var meta Meta
	var hits found
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		// Not gctx: a failed search must not spoil the caching of the vocabulary.
		want := PartNames
		if AsksCustom(a.Settings().ListLayout) {
			want |= PartLeadFields
		}
		meta, err = a.Vocabulary(ctx, want)
		return err
	})
	g.Go(func() (err error) {
		hits, err = a.find(gctx, c, mem)
		return err
	})
	if err := g.Wait(); err != nil {
		return People{}, err
	}
	region := a.Region(meta.Account.Country)
	if err := a.findMore(ctx, c, region, &hits); err != nil {
		return People{}, err
	}

	p := People{Linked: hits.linked, LinkGone: hits.linkGone, Keyless: keysOf(c, region).empty()}
	leadIDs := map[int64][]int64{}
	all := slices.Clone(mem.Deals)
	for _, h := range hits.verified(c, region, mem) {
		person := personOf(a.API().Base(), meta, h.contact, h.matched)
		leadIDs[person.ID] = plainIDs(h.contact.LeadIDs)
		all = append(all, leadIDs[person.ID]...)
		p.Contacts = append(p.Contacts, person)
	}
	if len(p.Contacts) == 0 {
		return p, nil
	}
	names := a.namesBeside(ctx, companiesOf(p.Contacts), meta.Account.FilterEnabled)
	read, err := a.leads(ctx, all, mem.Deals, meta.Account.FilterEnabled)
	nameCompanies(p.Contacts, names())
	for i := range p.Contacts {
		a.giveDeals(&p.Contacts[i], leadIDs[p.Contacts[i].ID], meta, read, err)
	}
	sortPeople(p.Contacts, p.Linked)
	if err != nil {
		return People{}, &halfPeople{p, err}
	}
	return p, nil
}

// giveDeals hands a person those deals that his card lists or that name him as a contact.
func (a *Account) giveDeals(p *Person, listed []int64, meta Meta, read leadsRead, err error) {
	if err != nil {
		if len(listed) > 0 {
			p.DealsErr = err
		}
		return
	}
	for id, l := range read.leads {
		if l.IsDeleted {
			continue
		}
		d := dealOf(a.API().Base(), meta, l)
		d.Extra = extraOf(a.Settings().ListLayout, meta, l)
		if slices.Contains(listed, id) || slices.Contains(d.ContactIDs, p.ID) {
			p.Deals = append(p.Deals, d)
		}
	}
	for _, id := range listed {
		if read.unread[id] {
			p.MoreDeals++
		}
	}
	sortDeals(p.Deals)
}

// Search lists contacts for a text that a person typed, in amoCRM's order, without deals: it is for linking, and the
// person judges the hits. Something that looks like a phone is looked for by its digits.
func (a *Account) Search(ctx context.Context, text string) ([]Person, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, ErrEmptyQuery
	}
	text = runes.First(text, searchRunes)
	meta, err := a.Vocabulary(ctx, PartNames)
	if err != nil {
		return nil, fmt.Errorf("search contacts: %w", err)
	}
	query := text
	if phone.Like(text) {
		query = phone.SearchDigits(text, a.Region(meta.Account.Country))
	}
	got, err := a.API().SearchContacts(ctx, query, searchShown)
	if err != nil {
		return nil, fmt.Errorf("search contacts: %w", err)
	}
	var out []Person
	for _, c := range got {
		if !c.IsDeleted {
			out = append(out, personOf(a.API().Base(), meta, c, nil))
		}
	}
	nameCompanies(out, a.namesBeside(ctx, companiesOf(out), meta.Account.FilterEnabled)())
	return out, nil
}

// Duplicates lists contacts that carry one of a draft's phones or e-mails, to be shown before it is created.
func (a *Account) Duplicates(ctx context.Context, d ContactDraft) ([]Person, error) {
	meta, err := a.Vocabulary(ctx, PartNames)
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	region := a.Region(meta.Account.Country)
	c := helpdesk.Client{Phones: d.Phones, Emails: d.Emails}
	var hits found
	if err := a.findMore(ctx, c, region, &hits); err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	made, err := a.madeFor(ctx, c, region) // the search may lag
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	for _, contact := range made {
		if !slices.ContainsFunc(hits.contacts, func(x amocrm.Contact) bool { return x.ID == contact.ID }) {
			hits.contacts = append(hits.contacts, contact)
		}
	}
	var out []Person
	for _, h := range hits.verified(c, region, Recalled{}) {
		out = append(out, personOf(a.API().Base(), meta, h.contact, h.matched))
	}
	nameCompanies(out, a.namesBeside(ctx, companiesOf(out), meta.Account.FilterEnabled)())
	sortPeople(out, 0)
	return out, nil
}
