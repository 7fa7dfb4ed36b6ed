package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/internal/store"
)

// People answers who of the CRM this client is, with the deals. A linked client is that contact and nobody else;
// otherwise those who were made for the client within a day or carry one of the client's phones or e-mails. Cold it is two round trips
// deep: searches beside the vocabulary, then all deals at once beside the names of companies. When only the deals fail, the contacts come with DealsErr
// unless a complete older answer exists. Errors: those of the connector, oauth.ErrNeedsLogin, ctx's.
func (ps *People) People(ctx context.Context, c helpdesk.Client) (Found, error) {
	mem, err := ps.account.Memory().Recall(ctx, c.ID)
	if err != nil {
		return Found{}, fmt.Errorf("find people: %w", err)
	}
	p, err := ps.fetchPeople(ctx, ps.account.Keys().People(c.ID, ps.fingerprint(c, mem)), c, mem)
	if err != nil {
		return Found{}, fmt.Errorf("find people: %w", err)
	}
	if p.Linked == 0 && mem.LinkGone {
		p.LinkGone = true
	}
	return p, nil
}

// fetchPeople reads people through the cache, half of them when only the deals fail.
func (ps *People) fetchPeople(ctx context.Context, key string, c helpdesk.Client, mem crm.Recalled) (Found, error) {
	load := func(ctx context.Context) (Found, error) { return ps.loadPeople(ctx, c, mem) }
	got, err := store.Fetch(ctx, ps.account.Cache(), key, ps.account.DataAge(), load)
	if err == nil && !got.Stale {
		if maxAge := ps.peopleAge(got.Value); time.Since(got.At) >= maxAge { // somebody on the card has changed since
			got, err = store.Fetch(ctx, ps.account.Cache(), key, maxAge, load)
		}
	}
	p := got.Value
	p.At, p.Stale, p.Err = got.At, got.Stale, got.Err
	if half, ok := errors.AsType[*crm.Half[Found]](err); ok {
		p = half.Got
		p.At = time.Now()
		return p, nil
	}
	return p, err
}

// peopleAge is how old a card may be that shows p.
func (ps *People) peopleAge(p Found) time.Duration {
	maxAge := ps.account.DataAge()
	for _, c := range p.Contacts {
		maxAge = min(maxAge, ps.account.AgeOf("contacts", c.ID))
		for _, d := range c.Deals {
			maxAge = min(maxAge, ps.account.AgeOf("leads", d.ID))
		}
	}
	return maxAge
}

// fingerprint names everything that decides who is found, so that a link, a new contact or a new deal shows at once.
// It is keyed: phones and e-mails can't be guessed back from a cache key.
func (ps *People) fingerprint(c helpdesk.Client, m crm.Recalled) string {
	say := []string{"people", ps.account.Settings().Region, crm.Decimal(m.Link)}
	for _, list := range [][]int64{m.Contacts, m.Deals} {
		for _, id := range list {
			say = append(say, crm.Decimal(id))
		}
		say = append(say, "|")
	}
	say = append(append(append(say, c.Phones...), "|"), c.Emails...)
	say = append(append(say, "|"), keysOf(c, "").handles...)
	say = append(append(say, "|"), ps.account.Settings().ListLayout...)
	return ps.account.DB().Ring().Fingerprints(say...)[0]
}

func (ps *People) loadPeople(ctx context.Context, c helpdesk.Client, mem crm.Recalled) (Found, error) {
	var meta crm.Meta
	var hits hits
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		// Not gctx: a failed search must not spoil the caching of the vocabulary.
		want := crm.PartNames
		if fields.AsksCustom(ps.account.Settings().ListLayout) {
			want |= crm.PartLeadFields
		}
		meta, err = ps.account.Vocabulary(ctx, want)
		return err
	})
	g.Go(func() error {
		return ps.find(gctx, c, mem, &hits)
	})
	if err := g.Wait(); err != nil {
		return Found{}, err
	}
	region := ps.account.Region(meta.Account.Country)
	if err := ps.findMore(ctx, c, region, &hits); err != nil {
		return Found{}, err
	}

	p := Found{Linked: hits.linked, LinkGone: hits.linkGone, Keyless: keysOf(c, region).empty(), Unasked: hits.unasked, More: hits.cut}
	leadIDs := map[int64][]int64{}
	all := slices.Clone(mem.Deals)
	for _, h := range hits.verified(c, region, mem) {
		person := personOf(ps.account.API().Base(), meta, h.contact, h.matched)
		leadIDs[person.ID] = crm.IDs[int64](h.contact.LeadIDs)
		all = append(all, leadIDs[person.ID]...)
		p.Contacts = append(p.Contacts, person)
	}
	if len(p.Contacts) == 0 {
		return p, nil
	}
	names := ps.companies.NamesBeside(ctx, companiesOf(p.Contacts), meta.Account.FilterEnabled)
	read, err := ps.deals.Leads(ctx, all, mem.Deals, meta.Account.FilterEnabled)
	nameCompanies(p.Contacts, names())
	for i := range p.Contacts {
		ps.giveDeals(&p.Contacts[i], leadIDs[p.Contacts[i].ID], meta, read, err)
	}
	sortPeople(p.Contacts, p.Linked)
	if err != nil {
		return Found{}, &crm.Half[Found]{Got: p, Err: err}
	}
	return p, nil
}

// giveDeals hands a person those deals that the contact's card lists or that name the contact.
func (ps *People) giveDeals(p *Person, listed []int64, meta crm.Meta, read deals.LeadsRead, err error) {
	if err != nil {
		if len(listed) > 0 {
			p.DealsErr = err
		}
		return
	}
	for id, l := range read.Leads {
		if l.IsDeleted {
			continue
		}
		d := deals.FromLead(ps.account.API().Base(), meta, l)
		d.Extra = deals.ExtraOf(ps.account.Settings().ListLayout, meta, l)
		if slices.Contains(listed, id) || slices.Contains(d.ContactIDs, p.ID) {
			p.Deals = append(p.Deals, d)
		}
	}
	for _, id := range listed {
		if read.Unread[id] {
			p.MoreDeals++
		}
	}
	deals.Sort(p.Deals)
}

// Search lists contacts for a text that a person typed, in amoCRM's order, without deals: it is for linking, and the
// person judges the hits. A whole phone or e-mail address finds those who have it; what looks like a part of a phone is looked for by
// its digits.
func (ps *People) Search(ctx context.Context, text string) ([]Person, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, crm.ErrEmptyQuery
	}
	text = runes.First(text, searchRunes)
	meta, err := ps.account.Vocabulary(ctx, crm.PartNames)
	if err != nil {
		return nil, fmt.Errorf("search contacts: %w", err)
	}
	got, err := ps.named(ctx, text, ps.account.Region(meta.Account.Country))
	if err != nil {
		return nil, fmt.Errorf("search contacts: %w", err)
	}
	var out []Person
	for _, c := range got {
		if !c.IsDeleted {
			out = append(out, personOf(ps.account.API().Base(), meta, c, nil))
		}
	}
	nameCompanies(out, ps.companies.NamesBeside(ctx, companiesOf(out), meta.Account.FilterEnabled)())
	return out, nil
}

// named finds contacts by a whole phone or e-mail address, else by whatever amoCRM's search makes of a text.
func (ps *People) named(ctx context.Context, text, region string) ([]amocrm.Contact, error) {
	query, whole := text, email.Valid(text)
	if phone.Like(text) {
		query, whole = phone.SearchDigits(text, region), phone.Certain(text, region)
	}
	if whole {
		var hits hits
		c := helpdesk.Client{Phones: []string{text}, Emails: []string{text}}
		if err := ps.search(ctx, c, region, nil, &hits); err != nil {
			return nil, err
		}
		var got []amocrm.Contact
		for _, h := range hits.verified(c, region, crm.Recalled{}) {
			got = append(got, h.contact)
		}
		if len(got) > 0 {
			return got[:min(len(got), searchShown)], nil
		}
	}
	found, _, err := ps.account.API().SearchContacts(ctx, query, 1, searchShown)
	return found, err
}

// Duplicates lists contacts that carry one of a draft's phones or e-mails, to be shown before it is created.
func (ps *People) Duplicates(ctx context.Context, d Draft) ([]Person, error) {
	meta, err := ps.account.Vocabulary(ctx, crm.PartNames)
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	region := ps.account.Region(meta.Account.Country)
	c := helpdesk.Client{Phones: d.Phones, Emails: d.Emails}
	var hits hits
	if err := ps.findMore(ctx, c, region, &hits); err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	made, err := ps.madeFor(ctx, c, region) // the search may lag
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	hits.add(made...)
	var out []Person
	for _, h := range hits.verified(c, region, crm.Recalled{}) {
		out = append(out, personOf(ps.account.API().Base(), meta, h.contact, h.matched))
	}
	nameCompanies(out, ps.companies.NamesBeside(ctx, companiesOf(out), meta.Account.FilterEnabled)())
	sortPeople(out, 0)
	return out, nil
}
