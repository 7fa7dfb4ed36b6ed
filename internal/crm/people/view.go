package people

import (
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

// personOf shows a contact.
func personOf(base string, m crm.Meta, c amocrm.Contact, matched []Match) Person {
	p := Person{
		ID:          int64(c.ID),
		Name:        crm.ContactName(c),
		URL:         crm.CardURL(base, "contacts", int64(c.ID)),
		Responsible: m.UserName(int64(c.ResponsibleID)),
		Phones:      texts(c.Fields, fields.CodePhone),
		Emails:      texts(c.Fields, fields.CodeEmail),
		Position:    strings.Join(texts(c.Fields, fields.CodePosition), ", "),
		Matched:     matched,
		UpdatedAt:   crm.At(c.UpdatedAt),
	}
	for _, t := range c.Tags {
		p.Tags = append(p.Tags, t.Name)
	}
	if len(c.CompanyIDs) > 0 {
		p.CompanyID = int64(c.CompanyIDs[0])
		p.CompanyURL = crm.CardURL(base, "companies", p.CompanyID)
	}
	return p
}
