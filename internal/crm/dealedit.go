package crm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/money"
)

// DealEdit is what the forms of a deal's card offer, with the values as they are now.
type DealEdit struct {
	Name          string
	Price         money.Amount
	Currency      string
	PipelineID    int64
	StatusID      int64
	ResponsibleID int64
	LossReasonID  int64
	Pipelines     []amocrm.Pipeline   // not archived, without Unsorted
	Users         []amocrm.User       // who may be responsible; empty when the connection may not read users
	LossReasons   []amocrm.LossReason // empty when the account asks for none
	Fields        []amocrm.Field      // the custom fields that a form can change, in the account's order
	Outside       []amocrm.Field      // those that people can change on amoCRM's own card alone
	Values        map[int64][]string  // by field id: a form's strings (choices are enum ids, times in the account's zone)
}

// DealEdit reads a deal for its forms. After Deal it costs no call of the CRM. ErrGone when there is no such deal.
func (a *Account) DealEdit(ctx context.Context, id int64) (DealEdit, error) {
	card, err := a.Deal(ctx, id)
	if err != nil {
		return DealEdit{}, err
	}
	meta, err := a.Vocabulary(ctx, PartNames|PartLeadFields)
	if err != nil {
		return DealEdit{}, fmt.Errorf("read forms of deal %d: %w", id, err)
	}
	reasons, err := a.lossReasons(ctx, meta)
	if err != nil {
		return DealEdit{}, err
	}
	return DealEdit{
		Name: card.Name, Price: card.Price, Currency: meta.Account.Currency,
		PipelineID: card.PipelineID, StatusID: card.StatusID,
		ResponsibleID: card.ResponsibleID, LossReasonID: card.LossReasonID,
		Pipelines: meta.Open(), Users: meta.Assignable(), LossReasons: reasons,
		Fields: editable(meta.LeadFields), Outside: outside(meta.LeadFields), Values: card.Inputs,
	}, nil
}

// Missing lists the fields that a stage requires and that the deal does not have. Staying where it is requires nothing.
func (e DealEdit) Missing(pipelineID, statusID int64) []amocrm.Field {
	if pipelineID == e.PipelineID && statusID == e.StatusID {
		return nil
	}
	return slices.DeleteFunc(requiredFields(e.Fields, pipelineID, statusID), func(f amocrm.Field) bool {
		return !allBlank(e.Values[int64(f.ID)])
	})
}

// lossReasons lists why deals are lost, nil when the account does not ask (amocrm.md §3.3).
func (a *Account) lossReasons(ctx context.Context, m Meta) ([]amocrm.LossReason, error) {
	if !m.Account.LossReasons {
		return nil, nil
	}
	var out []amocrm.LossReason
	var old age
	load := func(ctx context.Context) ([]amocrm.LossReason, error) { return a.API().LossReasons(ctx) }
	err := fill(ctx, a, "lossreasons", &old, load, func(r []amocrm.LossReason) { out = r })
	return out, err
}

// simpleFields are the types that a small form can change in place: one value, a choice or several choices.
var simpleFields = []string{
	"text", "textarea", "streetaddress", "numeric", "monetary", "price", "url", "select", "radiobutton", "category",
	"multiselect", "checkbox", "date", "birthday", "date_time",
}

func editable(fields []amocrm.Field) []amocrm.Field {
	var out []amocrm.Field
	for _, f := range fields {
		if !f.IsAPIOnly && f.Writable() && slices.Contains(simpleFields, f.Type) {
			out = append(out, f)
		}
	}
	return out
}

// outside are the fields that no small form holds (addresses, files, lists of several levels) and that people change in
// amoCRM itself. What robots, counters and links of advertisements write nobody changes there either.
func outside(fields []amocrm.Field) []amocrm.Field {
	var out []amocrm.Field
	for _, f := range fields {
		if !f.IsAPIOnly && !f.IsComputed && f.Type != "tracking_data" && !slices.Contains(simpleFields, f.Type) {
			out = append(out, f)
		}
	}
	return out
}

// formValues are a deal's values as its forms show them, by field id: one entry for each field that can be changed, empty
// for one without a value.
func formValues(values amocrm.FieldValues, m Meta) map[int64][]string {
	out := map[int64][]string{}
	for _, f := range editable(m.LeadFields) {
		i := slices.IndexFunc(values, func(v amocrm.FieldValue) bool { return v.FieldID == f.ID })
		if i < 0 {
			out[int64(f.ID)] = nil
			continue
		}
		v := values[i]
		if v.FieldType == "" {
			v.FieldType = f.Type
		}
		out[int64(f.ID)] = formStrings(f, v, m.Location())
	}
	return out
}

func formStrings(f amocrm.Field, v amocrm.FieldValue, loc *time.Location) []string {
	var out []string
	text := v.TextIn(loc)
	for i, decoded := range v.Decode(loc) {
		switch d := decoded.(type) {
		case amocrm.Choice:
			if id := choiceID(f, d); id != 0 {
				out = append(out, Decimal(id))
			}
		case time.Time:
			layout := time.DateOnly
			if f.Type == "date_time" {
				layout = "2006-01-02T15:04"
			}
			out = append(out, d.Format(layout))
		default:
			if i < len(text) {
				out = append(out, text[i])
			}
		}
	}
	return out
}

// choiceID finds the choice behind a value: old values may carry only its text.
func choiceID(f amocrm.Field, c amocrm.Choice) int64 {
	for _, e := range f.Enums {
		if e.ID == c.ID || c.ID == 0 && e.Value == c.Value {
			return int64(e.ID)
		}
	}
	return 0
}
