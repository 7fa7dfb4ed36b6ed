package people

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// Lines are the phones, e-mails and messengers by which a contact of the client would be found, each in one form however it is written:
// two clients with a line in common are one person to the CRM. region is where phones without a country code are read.
func Lines(c helpdesk.Client, region string) []string { return keysOf(c, region).marked() }

// marked are the lines with a plus before those that can be read in one way only.
func (k keys) marked() []string {
	var out []string
	for _, p := range k.phones {
		for _, d := range p.Digits {
			if p.Certain {
				d = "+" + d
			}
			out = append(out, d)
		}
	}
	for _, e := range k.emails {
		out = append(out, email.Key(e))
	}
	return append(out, k.handles...)
}

// keys are those of a client as the account writes phones. Without any it asks nobody.
func (ps *People) keys(ctx context.Context, c helpdesk.Client) (k keys, region string, err error) {
	if len(c.Phones)+len(c.Emails)+len(c.Messengers) == 0 {
		return k, "", nil
	}
	meta, err := ps.account.Vocabulary(ctx, crm.PartAccount)
	if err != nil {
		return k, "", err
	}
	region = ps.account.Region(meta.Account.Country)
	return keysOf(c, region), region, nil
}

// LockClient is Memory.Lock for a client and the client's lines.
func (ps *People) LockClient(ctx context.Context, c helpdesk.Client) (unlock func(), err error) {
	k, _, err := ps.keys(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("lock client: %w", err)
	}
	return ps.account.Memory().Lock(ctx, c.ID, k.marked())
}

// Remember stores that a contact was made for a client (Memory.RememberContact).
func (ps *People) Remember(ctx context.Context, c helpdesk.Client, contactID int64) error {
	k, region, err := ps.keys(ctx, c)
	err = errors.Join(err, ps.account.Memory().RememberContact(ctx, c.ID, contactID, k.marked()))
	if k.empty() {
		return err
	}
	return errors.Join(err, ps.account.Index().Add(ctx, contactID, k.lines(), region))
}

// madeFor are the contacts that were made within a while for one of a client's lines and still have one of them, for any
// client.
func (ps *People) madeFor(ctx context.Context, c helpdesk.Client, region string) ([]amocrm.Contact, error) {
	ids, err := ps.account.Memory().ContactsOf(ctx, Lines(c, region))
	if err != nil {
		return nil, err
	}
	k := keysOf(c, region)
	var out []amocrm.Contact
	for _, id := range ids {
		got, err := ps.account.Contact(ctx, id)
		if errors.Is(err, crm.ErrGone) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read contact %d: %w", id, err)
		}
		if len(k.match(got, region)) > 0 { // else it has been changed since
			out = append(out, got)
		}
	}
	return out, nil
}

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
