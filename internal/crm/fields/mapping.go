package fields

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Entities that a mapping can fill.
const (
	EntityContact = "contact"
	EntityLead    = "lead"
)

// Field codes that amoCRM gives to its own contact fields (amocrm.md §3.4).
const (
	CodePhone    = "PHONE"
	CodeEmail    = "EMAIL"
	CodeMessage  = "IM"
	CodePosition = "POSITION"
	CodeSite     = "WEB"
)

// draftCodes are contact fields that the form of a new contact fills by itself.
var draftCodes = []string{CodePhone, CodeEmail, CodeMessage, CodePosition, CodeSite}

// MapTargets lists the custom fields of an entity that a mapping can fill.
func MapTargets(m crm.Meta, entity string) []amocrm.Field {
	fields := m.LeadFields
	if entity == EntityContact {
		fields = m.ContactFields
	}
	return crm.Filter(fields, func(f amocrm.Field) bool {
		own := entity == EntityContact && slices.Contains(draftCodes, strings.ToUpper(f.Code))
		return !own && f.Writable() && slices.ContainsFunc(helpdesk.Sources, func(from string) bool { return MapFits(from, f.Type) })
	})
}

// MapFits reports whether what a source gives can stand in a field of a type: text takes everything, a web address only
// the client's site, a number only the ticket's, a list what may be the name of one of its choices.
func MapFits(from, fieldType string) bool {
	if !slices.Contains(helpdesk.Sources, from) {
		return false
	}
	switch fieldType {
	case "text", "textarea", "streetaddress", "tracking_data":
		return true
	case "url":
		return from == "client.site"
	case "numeric":
		return from == "ticket.id"
	case "select", "radiobutton", "category", "multiselect":
		return slices.Contains([]string{"client.company", "client.position", "ticket.subject", "ticket.channel"}, from)
	}
	return false
}

// mappedValues fills the fields of an entity from a ticket, as a form would send them. A value that the field does not
// take (no such choice in the list, no web address) is left out: a mapping must never stand in the way of a new deal.
func mappedValues(mapping []tenant.FieldMap, entity string, m crm.Meta, t helpdesk.Ticket) map[int64][]string {
	out := map[int64][]string{}
	targets := MapTargets(m, entity)
	for _, rule := range mapping {
		target, ok := crm.Find(targets, func(f amocrm.Field) bool { return int64(f.ID) == rule.FieldID })
		if rule.Entity != entity || !ok || !MapFits(rule.From, target.Type) {
			continue
		}
		texts := t.Values(rule.From)
		if len(texts) == 0 {
			continue
		}
		value := texts[:1]
		if target.Type == "text" || target.Type == "textarea" {
			value = []string{strings.Join(texts, ", ")}
		}
		in, err := target.InputIn(m.Calendar(), value)
		if err != nil || len(in.Values) == 0 {
			continue
		}
		if id := in.Values[0].EnumID; id != 0 {
			value = []string{crm.Decimal(int64(id))} // as the form's list sends it
		}
		out[rule.FieldID] = value
	}
	return out
}

// Mapped returns the custom fields of a new contact or deal that the tenant's mapping fills from a ticket, by field id, as
// a form would send them. Without a mapping it asks nothing.
func (fs *Fields) Mapped(ctx context.Context, entity string, t helpdesk.Ticket) (map[int64][]string, error) {
	mapping := fs.account.Settings().Mapping
	if !slices.ContainsFunc(mapping, func(r tenant.FieldMap) bool { return r.Entity == entity }) {
		return nil, nil
	}
	part := crm.PartLeadFields
	if entity == EntityContact {
		part = crm.PartContactFields
	}
	meta, err := fs.account.Vocabulary(ctx, crm.PartAccount|part)
	if err != nil {
		return nil, fmt.Errorf("map fields: %w", err)
	}
	return mappedValues(mapping, entity, meta, t), nil
}
