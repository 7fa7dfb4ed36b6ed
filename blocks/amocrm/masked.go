package amocrm

import (
	"context"
	"maps"
	"slices"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
)

// masked is an account whose tenant hides phones: what people wrote (names, comments, values) comes with masked numbers,
// so that no view can forget it. Phones as such stay as they are, for matching; Format masks them where they are shown.
type masked struct {
	CRM
	format func(context.Context) i18n.Format
	ticket helpdesk.Ticket // of the visit
}

// account opens a tenant's account for a visit, masked where the tenant hides phones, in the tenant's language.
func (v *visit) account(ctx context.Context) (err error) {
	if v.crm, err = v.h.CRM(ctx, v.session.TenantID); err != nil {
		return err
	}
	settings := v.crm.Tenant().Settings
	v.session.Lang = i18n.ChosenLang(settings.Language, v.session.Lang)
	if settings.MaskPhones {
		v.crm = masked{CRM: v.crm, format: v.formatIn, ticket: v.session.Ticket}
	}
	return nil
}

// People hides phones in names.
func (m masked) People(ctx context.Context, c helpdesk.Client) (crm.People, error) {
	p, err := m.CRM.People(ctx, c)
	p.Contacts = m.persons(ctx, p.Contacts)
	return p, err
}

// Matches hides phones in names.
func (m masked) Matches(ctx context.Context, c helpdesk.Client) (crm.People, error) {
	p, err := m.CRM.Matches(ctx, c)
	p.Contacts = m.persons(ctx, p.Contacts)
	return p, err
}

// Search hides phones in names.
func (m masked) Search(ctx context.Context, text string) ([]crm.Person, error) {
	found, err := m.CRM.Search(ctx, text)
	return m.persons(ctx, found), err
}

// Duplicates hides phones in names.
func (m masked) Duplicates(ctx context.Context, d crm.ContactDraft) ([]crm.Person, error) {
	found, err := m.CRM.Duplicates(ctx, d)
	return m.persons(ctx, found), err
}

// persons are copies: the cache may hand one answer to many.
func (m masked) persons(ctx context.Context, list []crm.Person) []crm.Person {
	if len(list) == 0 {
		return list
	}
	f := m.format(ctx)
	list = slices.Clone(list)
	for i := range list {
		p := &list[i]
		p.Name, p.Position, p.Company = f.Words(p.Name), f.Words(p.Position), f.Words(p.Company)
		p.Tags, p.Deals = each(p.Tags, f.Words), slices.Clone(p.Deals)
		for j := range p.Deals {
			p.Deals[j] = maskDeal(f, p.Deals[j])
		}
	}
	return list
}

func maskDeal(f i18n.Format, d crm.Deal) crm.Deal {
	d.Name = f.Words(d.Name)
	d.Extra.Tags, d.Extra.Fields = each(d.Extra.Tags, f.Words), maskFields(f, d.Extra.Fields)
	return d
}

func maskFields(f i18n.Format, fields []crm.Shown) []crm.Shown {
	fields = slices.Clone(fields)
	for i, s := range fields {
		switch s.Type {
		case "numeric", "monetary", "price", "date", "birthday", "date_time", "checkbox": // long numbers that are no phones
		default:
			fields[i].Text = each(s.Text, f.Words)
		}
		if f.Reveals(s.URL) {
			fields[i].URL = ""
		}
		fields[i].Parts = slices.Clone(s.Parts)
		for j, p := range s.Parts {
			if p.Key == "" { // the others are numbers of another kind
				fields[i].Parts[j].Value = f.Words(p.Value)
			}
		}
	}
	return fields
}

// Deal hides phones in names and values.
func (m masked) Deal(ctx context.Context, id int64) (crm.DealCard, error) {
	card, err := m.CRM.Deal(ctx, id)
	if err != nil {
		return card, err
	}
	f := m.format(ctx)
	card.Deal, card.Fields, card.Tags = maskDeal(f, card.Deal), maskFields(f, card.Fields), each(card.Tags, f.Words)
	card.Contacts, card.Companies = slices.Clone(card.Contacts), slices.Clone(card.Companies)
	for _, list := range [][]crm.Named{card.Contacts, card.Companies} {
		for i := range list {
			list[i].Name = f.Words(list[i].Name)
		}
	}
	return card, nil
}

// Feed hides phones in comments and sentences.
func (m masked) Feed(ctx context.Context, leadID int64) (crm.Feed, error) {
	feed, err := m.CRM.Feed(ctx, leadID)
	feed.Items = m.items(ctx, feed.Items)
	return feed, err
}

func (m masked) items(ctx context.Context, items []crm.FeedItem) []crm.FeedItem {
	f := m.format(ctx)
	items = slices.Clone(items)
	for i := range items {
		it := &items[i]
		it.Text, it.Author, it.Args = f.Words(it.Text), f.Words(it.Author), maps.Clone(it.Args)
		if phone, _ := it.Args["phone"].(string); f.Reveals(it.Link, phone) { // a call's recording is named after who called
			it.Link = ""
		}
		for name, value := range it.Args {
			if text, ok := value.(string); ok && name != "phone" && name != "currency" && name != "entity" {
				it.Args[name] = f.Words(text)
			}
		}
	}
	return items
}

func each(list []string, change func(string) string) []string {
	out := slices.Clone(list)
	for i, s := range out {
		out[i] = change(s)
	}
	return out
}
