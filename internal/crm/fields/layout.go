package fields

import (
	"context"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
)

// Standard fields of a deal that a layout may hold. A custom field has the id CustomID gives.
const (
	FieldAmount      = "amount"
	FieldStage       = "stage"
	FieldPipeline    = "pipeline"
	FieldResponsible = "responsible"
	FieldTask        = "task"
	FieldCreated     = "created"
	FieldUpdated     = "updated"
	FieldClosed      = "closed"
	FieldContact     = "contact"
	FieldCompany     = "company"
	FieldTags        = "tags"
	FieldLossReason  = "loss_reason"
)

// Layouts of a deal: its row in the list and its card.
const (
	LayoutList = "list"
	LayoutCard = "card"
)

const customPrefix = "cf:"

var standardFields = []string{
	FieldAmount, FieldStage, FieldPipeline, FieldResponsible, FieldTask, FieldUpdated, FieldCreated, FieldClosed, FieldContact,
	FieldCompany, FieldTags, FieldLossReason,
}

// listDefault is what a row shows when nobody has chosen.
var listDefault = []string{FieldAmount, FieldStage, FieldPipeline, FieldResponsible, FieldUpdated, FieldTask}

// cardDefault comes before every custom field of the account.
var cardDefault = []string{FieldAmount, FieldStage, FieldPipeline, FieldTask, FieldResponsible, FieldContact, FieldCompany}
var cardDefaultEnd = []string{FieldLossReason, FieldClosed, FieldCreated, FieldTags}

// LayoutField is something of a deal that can be shown. A standard one has no name here: its name is a word of the
// reader's language. FieldID and Type belong to a custom one.
type LayoutField struct {
	ID       string
	Name     string
	FieldID  int64
	Type     string
	Currency string
}

// CustomID is the layout id of a custom field.
func CustomID(fieldID int64) string { return customPrefix + crm.Decimal(fieldID) }

// customOf is the custom field behind a layout id, 0 for a standard field or anything else.
func customOf(id string) int64 {
	rest, ok := strings.CutPrefix(id, customPrefix)
	if !ok {
		return 0
	}
	return max(0, crm.ParseID(rest))
}

// LayoutChoices lists everything a layout can hold: the standard fields, then every custom field of deals in the
// account's order.
func LayoutChoices(m crm.Meta) []LayoutField {
	out := make([]LayoutField, 0, len(standardFields)+len(m.LeadFields))
	for _, id := range standardFields {
		out = append(out, LayoutField{ID: id})
	}
	for _, f := range m.LeadFields {
		out = append(out, customField(m, f))
	}
	return out
}

func customField(m crm.Meta, f amocrm.Field) LayoutField {
	l := LayoutField{ID: CustomID(int64(f.ID)), Name: f.Name, FieldID: int64(f.ID), Type: f.Type, Currency: f.Currency}
	if l.Type == "monetary" && l.Currency == "" {
		l.Currency = m.Account.Currency
	}
	if strings.TrimSpace(l.Name) == "" {
		l.Name = crm.Numbered(l.FieldID)
	}
	return l
}

// LayoutDefault is what a list or a card shows when nobody has chosen.
func LayoutDefault(kind string, m crm.Meta) []string {
	if kind == LayoutList {
		return slices.Clone(listDefault)
	}
	ids := slices.Clone(cardDefault)
	for _, f := range m.LeadFields {
		ids = append(ids, CustomID(int64(f.ID)))
	}
	return append(ids, cardDefaultEnd...)
}

// Layout brings chosen ids into what can be shown, in their order: unknown ids (a field that was removed in the account)
// and repeats are left out.
func Layout(chosen []string, m crm.Meta) []LayoutField {
	var out []LayoutField
	seen := map[string]bool{}
	for _, id := range chosen {
		if seen[id] {
			continue
		}
		seen[id] = true
		if slices.Contains(standardFields, id) {
			out = append(out, LayoutField{ID: id})
		} else if f, ok := m.LeadField(customOf(id)); ok && customOf(id) != 0 {
			out = append(out, customField(m, f))
		}
	}
	return out
}

// Move puts an id one place up (by -1) or down (by 1) in a choice; at the ends and for an id that is not chosen nothing
// changes.
func Move(chosen []string, id string, by int) []string {
	out := slices.Clone(chosen)
	i := slices.Index(out, id)
	if j := i + by; i >= 0 && j >= 0 && j < len(out) {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// AsksCustom reports whether a layout holds a custom field, which needs LayoutMeta; standard ones need an empty Meta.
func AsksCustom(layout []string) bool {
	return slices.ContainsFunc(layout, func(id string) bool { return customOf(id) != 0 })
}

// LayoutMeta is the part of the vocabulary that Layout needs; a list or card with custom fields has read it already.
func (fs *Fields) LayoutMeta(ctx context.Context) (crm.Meta, error) {
	return fs.account.Vocabulary(ctx, crm.PartAccount|crm.PartLeadFields)
}
