package deals

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/money"
)

var hexColor = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// FromLead shows a lead.
func FromLead(base string, m crm.Meta, l amocrm.Lead) Deal {
	d := Deal{
		ID:          int64(l.ID),
		Name:        strings.TrimSpace(l.Name),
		URL:         crm.CardURL(base, "leads", int64(l.ID)),
		Price:       money.Near(float64(l.Price)),
		Currency:    m.Account.Currency,
		Pipeline:    m.PipelineName(int64(l.PipelineID)),
		Status:      m.StatusName(int64(l.PipelineID), int64(l.StatusID)),
		PipelineID:  int64(l.PipelineID),
		StatusID:    int64(l.StatusID),
		State:       stateOf(l.StatusID),
		Responsible: m.UserName(int64(l.ResponsibleID)),
		CreatedAt:   crm.At(l.CreatedAt),
		UpdatedAt:   crm.At(l.UpdatedAt),
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
		return Won
	case amocrm.StatusLost:
		return Lost
	}
	return Open
}

func maybeAt(unix amocrm.Unix) *time.Time {
	if unix <= 0 {
		return nil
	}
	t := crm.At(unix)
	return &t
}

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
			e.CompanyIDs = crm.IDs[int64](l.CompanyIDs)
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
