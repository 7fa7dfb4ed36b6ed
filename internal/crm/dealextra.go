package crm

import (
	"slices"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// DealExtra is what only a chosen layout shows of a deal in a list. It is empty unless the tenant's layout asks for it.
type DealExtra struct {
	Fields     []Shown
	Tags       []string
	LossReason string
	CompanyIDs []int64
}

// Value finds the value of a custom field; ok is false when it has none.
func (e DealExtra) Value(fieldID int64) (Shown, bool) { return valueOf(e.Fields, fieldID) }

// Value finds the value of a custom field; ok is false when it has none.
func (c DealCard) Value(fieldID int64) (Shown, bool) { return valueOf(c.Fields, fieldID) }

// extraOf keeps of a lead what a layout names, so that a list of hundreds stays small in the cache.
func extraOf(layout []string, m Meta, l amocrm.Lead) DealExtra {
	var e DealExtra
	for _, id := range layout {
		switch id {
		case FieldTags:
			for _, t := range l.Tags {
				e.Tags = append(e.Tags, t.Name)
			}
		case FieldLossReason:
			e.LossReason = l.LossReason
		case FieldCompany:
			e.CompanyIDs = plainIDs(l.CompanyIDs)
		}
	}
	if AsksCustom(layout) {
		for _, s := range shownFields(l.Fields, m) {
			if slices.Contains(layout, CustomID(s.ID)) {
				e.Fields = append(e.Fields, s)
			}
		}
	}
	return e
}
