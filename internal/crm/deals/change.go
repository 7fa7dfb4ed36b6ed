package deals

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/money"
)

// Change is what a person wants to be different in a deal; what is nil or absent stays. Pipeline and stage go
// together. Fields holds a form's strings by field id; an empty list clears the field. Amounts are as they were typed, in
// the writing of Lang; a blank Price is 0, amoCRM has no deal without one.
type Change struct {
	Name                 *string
	Price                *string
	Lang                 string // ISO 639
	PipelineID, StatusID int64
	LossReasonID         int64 // only with the stage "lost"
	ResponsibleID        int64
	Fields               map[int64][]string
}

// ChangeDeal changes a deal. It reads the deal first and sends only what differs, so that no other change is
// undone. A refused change is *FieldErrors, amoCRM's own complaints included: paths as in CreateDeal, and
// loss_reason_id. ErrGone when there is no such deal; ErrUnknownOutcome when the answer was lost and the deal does not
// show the change. Afterwards the deal, its feed and the lists of deals are read anew.
func (ds *Deals) ChangeDeal(ctx context.Context, id int64, c Change) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), crm.WriteTime)
	defer cancel()
	meta, err := ds.account.Vocabulary(ctx, crm.PartNames|crm.PartLeadFields)
	if err != nil {
		return fmt.Errorf("change deal %d: %w", id, err)
	}
	var reasons []amocrm.LossReason
	if c.StatusID == int64(amocrm.StatusLost) {
		if reasons, err = ds.lossReasons(ctx, meta); err != nil {
			return fmt.Errorf("change deal %d: %w", id, err)
		}
	}
	lead, err := ds.account.Lead(ctx, id)
	if err != nil {
		return fmt.Errorf("change deal %d: %w", id, err)
	}
	in, sent, err := leadChange(lead, c, meta, reasons)
	if err != nil {
		return err
	}
	if same(in) {
		return nil
	}
	ds.account.Writes().Own(ctx, "leads", id, crm.AspectData)
	if err = ds.account.API().UpdateLead(ctx, in); errors.Is(err, amocrm.ErrLimited) {
		err = ds.account.API().UpdateLead(ctx, in) // refused, so not done; the limiter waits out the pause
	}
	if errors.Is(err, amocrm.ErrUnknownOutcome) {
		err = ds.confirmChange(ctx, id, c, meta, reasons, err)
	}
	switch {
	case errors.Is(err, crm.ErrUnknownOutcome):
		return fmt.Errorf("change deal %d: %w", id, errors.Join(err, ds.account.DealChanged(ctx, id)))
	case err != nil:
		return changeRefused(id, in, sent, err)
	}
	return ds.account.DealChanged(ctx, id)
}

// confirmChange looks whether a change whose answer was lost was made: then nothing is left to send.
func (ds *Deals) confirmChange(ctx context.Context, id int64, c Change, m crm.Meta, reasons []amocrm.LossReason, lost error) error {
	lead, err := ds.account.Lead(ctx, id)
	if err != nil {
		return fmt.Errorf("%w (%w)", crm.ErrUnknownOutcome, errors.Join(lost, err))
	}
	if in, _, err := leadChange(lead, c, m, reasons); err != nil || !same(in) {
		return fmt.Errorf("%w (%w)", crm.ErrUnknownOutcome, lost)
	}
	return nil
}

// changeRefused reads amoCRM's refusal into the form's words. A refused reason comes without a path (amocrm.md §5.4).
func changeRefused(id int64, in amocrm.LeadInput, sent fields.Sent, err error) error {
	if errors.Is(err, amocrm.ErrNotFound) {
		return fmt.Errorf("change deal %d: %w", id, crm.ErrGone)
	}
	err = crm.Wrap(fmt.Sprintf("change deal %d", id), crm.Refused(err, func(path string) string {
		if path == "loss_reason_id" {
			return path
		}
		return sent.FormPath(path)
	}))
	if e, ok := errors.AsType[*crm.FieldErrors](err); ok && in.LossReasonID != 0 && len(e.Fields) == 1 && e.Fields[0].Path == "" {
		e.Fields[0].Path = "loss_reason_id"
	}
	return err
}

// same reports whether a request would change nothing.
func same(in amocrm.LeadInput) bool {
	return in.Name == "" && in.Price == "" && in.StatusID == 0 && in.ResponsibleID == 0 && len(in.Fields) == 0
}

// leadChange checks a change against the vocabulary and gives what of it differs from the lead.
func leadChange(lead amocrm.Lead, c Change, m crm.Meta, reasons []amocrm.LossReason) (amocrm.LeadInput, fields.Sent, error) {
	e := &crm.FieldErrors{}
	in := amocrm.LeadInput{ID: lead.ID}
	if c.Name != nil {
		changeName(&in, lead, *c.Name, e)
	}
	if c.Price != nil {
		changePrice(&in, lead, c, m, e)
	}
	if c.ResponsibleID != 0 && amocrm.ID(c.ResponsibleID) != lead.ResponsibleID {
		known := slices.ContainsFunc(m.Assignable(), func(u amocrm.User) bool { return int64(u.ID) == c.ResponsibleID })
		if !known && !m.UsersHidden {
			e.Add("responsible_id", crm.KeyBadChoice, nil)
		}
		in.ResponsibleID = amocrm.ID(c.ResponsibleID)
	}
	if c.PipelineID != 0 || c.StatusID != 0 {
		changeStage(&in, lead, c, m, reasons, e)
	}
	sent := changeFields(&in, lead, c, m, e)
	return in, sent, e.OrNil()
}

func changeName(in *amocrm.LeadInput, lead amocrm.Lead, name string, e *crm.FieldErrors) {
	name = strings.TrimSpace(name)
	if e.Text("name", name, crm.MaxNameRunes) && name != strings.TrimSpace(lead.Name) {
		in.Name = name
	}
}

func changePrice(in *amocrm.LeadInput, lead amocrm.Lead, c Change, m crm.Meta, e *crm.FieldErrors) {
	price, ok := money.Amount(0), true
	if strings.TrimSpace(*c.Price) != "" {
		price, ok = fields.Price(e, *c.Price, c.Lang, m)
	}
	switch {
	case !ok, price == money.Near(float64(lead.Price)):
	case price.Cents() != 0 && !lead.KeepsCents():
		e.Add("price", crm.KeyWholeAmount, nil)
	default:
		in.Price = price.JSON()
	}
}

// changeStage checks the target as for a new deal; a stage that the deal is in already is always right.
func changeStage(in *amocrm.LeadInput, lead amocrm.Lead, c Change, m crm.Meta, reasons []amocrm.LossReason, e *crm.FieldErrors) {
	stays := lead.PipelineID == amocrm.ID(c.PipelineID) && lead.StatusID == amocrm.ID(c.StatusID)
	if !stays {
		checkStage(Draft{PipelineID: c.PipelineID, StatusID: c.StatusID}, m, e)
	}
	reason := amocrm.ID(0)
	if c.StatusID == int64(amocrm.StatusLost) && len(reasons) > 0 {
		reason = amocrm.ID(c.LossReasonID)
		switch {
		case reason == 0:
			e.Add("loss_reason_id", crm.KeyRequired, nil)
		case !slices.ContainsFunc(reasons, func(r amocrm.LossReason) bool { return r.ID == reason }):
			e.Add("loss_reason_id", crm.KeyBadChoice, nil)
		}
	}
	if !stays || reason != 0 && reason != lead.LossReasonID {
		in.PipelineID, in.StatusID, in.LossReasonID = amocrm.ID(c.PipelineID), amocrm.ID(c.StatusID), reason
	}
}

// changeFields writes those fields that differ and asks for those that the target stage requires and that neither the
// deal nor the change has. A field that the deal's stage requires can't be emptied.
func changeFields(in *amocrm.LeadInput, lead amocrm.Lead, c Change, m crm.Meta, e *crm.FieldErrors) fields.Sent {
	now := fields.FormValues(lead.Fields, m)
	pipeline, status := cmp.Or(int64(in.PipelineID), int64(lead.PipelineID)), cmp.Or(int64(in.StatusID), int64(lead.StatusID))
	moves := pipeline != int64(lead.PipelineID) || status != int64(lead.StatusID)
	for _, f := range crm.RequiredFields(m.LeadFields, pipeline, status) {
		id := int64(f.ID)
		wanted, changed := c.Fields[id]
		had, simple := now[id]
		if !simple { // can't be asked for in place: counts as filled when it has any value
			simple = slices.ContainsFunc(lead.Fields, func(v amocrm.FieldValue) bool { return v.FieldID == f.ID && len(v.Values) > 0 })
			if moves && !simple {
				e.Add(fields.Path(id), crm.KeyRequired, map[string]any{"field": f.Name})
			}
			continue
		}
		if changed && fields.Blank(wanted) || !changed && moves && fields.Blank(had) {
			e.Add(fields.Path(id), crm.KeyRequired, map[string]any{"field": f.Name})
		}
	}
	var sent fields.Sent
	ids := slices.SortedFunc(maps.Keys(c.Fields), func(x, y int64) int {
		return cmp.Or(cmp.Compare(fields.Index(m, x), fields.Index(m, y)), cmp.Compare(x, y))
	})
	for _, id := range ids {
		f, _ := m.LeadField(id)
		had, simple := now[id]
		if !simple {
			e.Add(fields.Path(id), crm.KeyBadChoice, nil)
			continue
		}
		if _, wrong := e.At(fields.Path(id)); wrong {
			continue
		}
		raw, ok := c.Fields[id], true
		if !slices.Equal(raw, had) { // what the CRM holds itself is not judged
			raw, ok = fields.Strings(e, f, raw, c.Lang, m)
		}
		if !ok {
			continue
		}
		value, ok := fields.Value(e, f, raw, m)
		if !ok {
			continue
		}
		if sameValue(f, m, value, had) {
			continue
		}
		in.Fields = append(in.Fields, value)
		sent = append(sent, fields.SentField{Path: fields.Path(id)})
	}
	return sent
}

// sameValue compares what would be written with what is there, both in the shape of a request.
func sameValue(f amocrm.Field, m crm.Meta, want amocrm.FieldInput, had []string) bool {
	if fields.Blank(had) {
		no := f.Type == "checkbox" && len(want.Values) == 1 && want.Values[0].Value == false
		return len(want.Values) == 0 || no
	}
	old, err := f.InputIn(m.Calendar(), had)
	return err == nil && slices.Equal(choices(f, old.Values), choices(f, want.Values))
}

// choices brings a multiselect's values into one order: it is a set.
func choices(f amocrm.Field, values []amocrm.ValueInput) []amocrm.ValueInput {
	if f.Type != "multiselect" {
		return values
	}
	return slices.SortedFunc(slices.Values(values), func(x, y amocrm.ValueInput) int { return cmp.Compare(x.EnumID, y.EnumID) })
}
