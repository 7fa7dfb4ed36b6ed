package crm

import (
	"regexp"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/money"
)

var hexColor = regexp.MustCompile(`^#[0-9a-f]{6}$`)

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

func contactName(c amocrm.Contact) string {
	if n := strings.TrimSpace(c.Name); n != "" {
		return n
	}
	return strings.TrimSpace(c.FirstName + " " + c.LastName)
}

// dealOf shows a lead.
func dealOf(base string, m Meta, l amocrm.Lead) Deal {
	d := Deal{
		ID:          int64(l.ID),
		Name:        strings.TrimSpace(l.Name),
		URL:         CardURL(base, "leads", int64(l.ID)),
		Price:       money.Near(float64(l.Price)),
		Currency:    m.Account.Currency,
		Pipeline:    m.PipelineName(int64(l.PipelineID)),
		Status:      m.StatusName(int64(l.PipelineID), int64(l.StatusID)),
		PipelineID:  int64(l.PipelineID),
		StatusID:    int64(l.StatusID),
		State:       stateOf(l.StatusID),
		Responsible: m.UserName(int64(l.ResponsibleID)),
		CreatedAt:   at(l.CreatedAt),
		UpdatedAt:   at(l.UpdatedAt),
		ClosedAt:    maybeAt(l.ClosedAt),
		TaskAt:      maybeAt(l.ClosestTaskAt),
	}
	if s, ok := m.Status(d.PipelineID, d.StatusID); ok {
		// The colour goes into a style of a page: anything but six hex digits is dropped.
		if c := strings.ToLower(s.Color); hexColor.MatchString(c) {
			d.Color = c
		}
	}
	for _, c := range l.Contacts {
		if c.IsMain {
			d.ContactIDs = append([]int64{int64(c.ID)}, d.ContactIDs...)
		} else {
			d.ContactIDs = append(d.ContactIDs, int64(c.ID))
		}
	}
	return d
}

// stateOf: 142 is won and 143 is lost in every pipeline (amocrm.md §3.2).
func stateOf(status amocrm.ID) string {
	switch status {
	case amocrm.StatusWon:
		return DealWon
	case amocrm.StatusLost:
		return DealLost
	}
	return DealOpen
}

// at reads Unix seconds; 0 is no time.
func at(unix int64) time.Time {
	if unix <= 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

func maybeAt(unix *int64) *time.Time {
	if unix == nil || *unix <= 0 {
		return nil
	}
	t := at(*unix)
	return &t
}
