package crm

import (
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// personOf shows a contact.
func personOf(base string, m Meta, c amocrm.Contact, matched []Match) Person {
	p := Person{
		ID:          int64(c.ID),
		Name:        contactName(c),
		URL:         CardURL(base, "contacts", int64(c.ID)),
		Responsible: m.UserName(int64(c.ResponsibleID)),
		Phones:      texts(c.Fields, codePhone),
		Emails:      texts(c.Fields, codeEmail),
		Position:    strings.Join(texts(c.Fields, codePosition), ", "),
		Matched:     matched,
		UpdatedAt:   at(c.UpdatedAt),
	}
	for _, t := range c.Tags {
		p.Tags = append(p.Tags, t.Name)
	}
	if len(c.CompanyIDs) > 0 {
		p.CompanyID = int64(c.CompanyIDs[0])
		p.CompanyURL = CardURL(base, "companies", p.CompanyID)
	}
	return p
}
