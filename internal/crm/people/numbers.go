package people

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
)

const (
	unreadAtOnce = 20 // contacts on a page
	sharedAtOnce = 10 // groups on a page
	groupShown   = 5  // contacts of a group
	groupLargest = 4  // that can be one person several times; a line of more is an office's
)

// Looked is who is found by one phone or address, and how it was read.
type Looked struct {
	Text     string
	Email    bool            // it was read as an e-mail address
	Phones   []phone.Reading // of what is none
	Contacts []Person        // Matched says how the line stands there
	More     bool            // there are more contacts than the newest, or than amoCRM's search was looked through for
}

// LookUp finds everybody who has a phone or an e-mail address, and says how it is read.
func (ps *People) LookUp(ctx context.Context, text string) (Looked, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Looked{}, crm.ErrEmptyQuery
	}
	meta, err := ps.account.Vocabulary(ctx, crm.PartNames)
	if err != nil {
		return Looked{}, fmt.Errorf("look up a line: %w", err)
	}
	region := ps.account.Region(meta.Account.Country)
	out := Looked{Text: text, Email: email.Valid(text)}
	c := helpdesk.Client{Phones: []string{text}}
	if out.Email {
		c = helpdesk.Client{Emails: []string{text}}
	} else {
		out.Phones = phone.Inspect(text, region)
	}
	var hits hits
	if err := ps.search(ctx, c, region, nil, &hits); err != nil {
		return Looked{}, fmt.Errorf("look up a line: %w", err)
	}
	out.More = hits.cut || len(hits.unasked) > 0
	for _, h := range hits.verified(c, region, crm.Recalled{}) {
		out.Contacts = append(out.Contacts, personOf(ps.account.API().Base(), meta, h.contact, h.matched))
	}
	nameCompanies(out.Contacts, ps.companies.NamesBeside(ctx, companiesOf(out.Contacts), meta.Account.FilterEnabled)())
	return out, nil
}

// Listed is a page of a list that the index keeps: which one, and what there is of them. Index says how far the index is.
type Listed[T any] struct {
	Index crm.IndexStanding
	Items []T
	Page  int // from 1
	Pages int
	More  bool // there are further ones than the index lists
}

// page cuts a list into pages and returns one; of a page beyond the last, the last.
func page[T any](list []T, number, size int) (items []T, at, pages int) {
	pages = max(1, (len(list)+size-1)/size)
	at = min(max(1, number), pages)
	return list[(at-1)*size : min(at*size, len(list))], at, pages
}

// Unread is a contact with phones that can't be read.
type Unread struct {
	Person
	Values []string // as they stand in the CRM
}

// Unread lists the contacts with phones that can't be read, the newest first, a page at once.
func (ps *People) Unread(ctx context.Context, number int) (Listed[Unread], error) {
	out, err := listed(ctx, ps, number, unreadAtOnce, ps.account.Index().Unread, func(id int64) []int64 { return []int64{id} },
		func(_ int64, read []amocrm.Contact, meta crm.Meta, region string) (Unread, bool) {
			if len(read) == 0 {
				return Unread{}, false
			}
			values := crm.UnreadOf(read[0], region)
			return Unread{personOf(ps.account.API().Base(), meta, read[0], nil), values}, len(values) > 0
		})
	if err != nil {
		return out, fmt.Errorf("list phones that can't be read: %w", err)
	}
	return out, nil
}

// Group are contacts that have a line in common.
type Group struct {
	Contacts []Person // the newest; Matched says how the line stands there
	Others   int      // of them that were not read
	Office   bool     // the line looks like an office's: many have it, or with different extensions
}

// Shared lists the contacts that have a line in common, a page at once: first those that may be one person.
func (ps *People) Shared(ctx context.Context, number int) (Listed[Group], error) {
	shown := func(ids []int64) []int64 { return ids[:min(len(ids), groupShown)] }
	out, err := listed(ctx, ps, number, sharedAtOnce, ps.account.Index().Shared, shown,
		func(ids []int64, read []amocrm.Contact, meta crm.Meta, region string) (Group, bool) {
			common := commonLines(read, region)
			g := Group{Others: len(ids) - len(shown(ids)), Office: len(ids) > groupLargest || tailsDiffer(read, common, region)}
			for _, c := range read {
				if matched := matches(common, c, region); len(matched) > 0 {
					g.Contacts = append(g.Contacts, personOf(ps.account.API().Base(), meta, c, matched))
				}
			}
			if len(g.Contacts) < 2 { // mended since
				return g, false
			}
			return g, true
		})
	if err != nil {
		return out, fmt.Errorf("list lines of several contacts: %w", err)
	}
	var people []Person
	for _, g := range out.Items {
		people = append(people, g.Contacts...)
	}
	names := ps.companies.NamesBeside(ctx, companiesOf(people), true)()
	for _, g := range out.Items {
		nameCompanies(g.Contacts, names)
	}
	return out, nil
}

// listed reads a page of what the index lists: the contacts of each element, newest first, as they are now. An element of which show
// does not want to know any more is left out.
func listed[E, T any](ctx context.Context, ps *People, number, size int, list func(context.Context) ([]E, bool, error), of func(E) []int64,
	show func(e E, read []amocrm.Contact, meta crm.Meta, region string) (T, bool)) (Listed[T], error) {
	var out Listed[T]
	meta, err := ps.account.Vocabulary(ctx, crm.PartNames)
	if err != nil {
		return out, err
	}
	if out.Index, err = ps.account.Index().Standing(ctx); err != nil || !out.Index.Ready {
		return out, err
	}
	all, more, err := list(ctx)
	if err != nil {
		return out, err
	}
	var items []E
	items, out.Page, out.Pages = page(all, number, size)
	out.More = more
	var ids []int64
	for _, e := range items {
		ids = append(ids, of(e)...)
	}
	var hits hits
	if err := ps.readBack(ctx, ids, &hits); err != nil {
		return out, err
	}
	region := ps.account.Region(meta.Account.Country)
	for _, e := range items {
		wanted := of(e)
		read := crm.Filter(hits.contacts, func(c amocrm.Contact) bool { return !c.IsDeleted && slices.Contains(wanted, int64(c.ID)) })
		slices.SortFunc(read, func(a, b amocrm.Contact) int { return cmp.Compare(b.ID, a.ID) })
		if item, ok := show(e, read, meta, region); ok {
			out.Items = append(out.Items, item)
		}
	}
	return out, nil
}

// commonLines are the lines that more than one of some contacts have.
func commonLines(contacts []amocrm.Contact, region string) []string {
	var once, twice []string
	for _, c := range contacts {
		for _, line := range crm.LinesOf(c, region) {
			if slices.Contains(once, line) && !slices.Contains(twice, line) {
				twice = append(twice, line)
			}
			once = append(once, line)
		}
	}
	return twice
}

// tailsDiffer reports whether contacts have one of these lines with extensions.
func tailsDiffer(contacts []amocrm.Contact, lines []string, region string) bool {
	tails := map[string]string{}
	for _, c := range contacts {
		for _, m := range matches(lines, c, region) {
			for _, n := range phone.Read(m.Value, region) {
				tail := phone.Digits(n.Tail)
				if have, ok := tails[n.Digits]; m.Kind == MatchPhone && ok && have != tail {
					return true
				}
				tails[n.Digits] = tail
			}
		}
	}
	return false
}
