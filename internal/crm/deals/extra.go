package deals

import (
	"slices"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

// Extra is what only a chosen layout shows of a deal in a list. It is empty unless the tenant's layout asks for it.
type Extra struct {
	Fields     []fields.Shown
	Tags       []string
	LossReason string
	CompanyIDs []int64
}

// Value finds the value of a custom field; ok is false when it has none.
func (e Extra) Value(fieldID int64) (fields.Shown, bool) { return fields.ValueOf(e.Fields, fieldID) }

// Value finds the value of a custom field; ok is false when it has none.
func (c Card) Value(fieldID int64) (fields.Shown, bool) { return fields.ValueOf(c.Fields, fieldID) }

// ExtraOf keeps of a lead what a layout names, so that a list of hundreds stays small in the cache.
func ExtraOf(layout []string, m crm.Meta, l amocrm.Lead) Extra {
	var e Extra
	for _, id := range layout {
		switch id {
		case fields.FieldTags:
			for _, t := range l.Tags {
				e.Tags = append(e.Tags, t.Name)
			}
		case fields.FieldLossReason:
			e.LossReason = l.LossReason()
		case fields.FieldCompany:
			e.CompanyIDs = crm.PlainIDs(l.CompanyIDs)
		}
	}
	if fields.AsksCustom(layout) {
		for _, s := range fields.ShownOf(l.Fields, m) {
			if slices.Contains(layout, fields.CustomID(s.ID)) {
				e.Fields = append(e.Fields, s)
			}
		}
	}
	return e
}
