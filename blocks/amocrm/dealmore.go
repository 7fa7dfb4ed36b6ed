package amocrm

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
)

// dealFieldsCRM is what the fields of a new deal's form ask of an account.
type dealFieldsCRM interface {
	Required(ctx context.Context, pipelineID, statusID int64) ([]amoapi.Field, error)
	MoreFields(ctx context.Context, pipelineID, statusID int64) ([]amoapi.Field, error)
}

// stageFields are the custom fields of a form: those a stage requires, and all others that can be written.
type stageFields struct{ required, more []amoapi.Field }

func (r *pageRequest) stageFields(ctx context.Context, d deals.Draft) (s stageFields, err error) {
	if s.required, err = r.crm.Required(ctx, d.PipelineID, d.StatusID); err != nil {
		return s, err
	}
	s.more, err = r.crm.MoreFields(ctx, d.PipelineID, d.StatusID)
	return s, err
}

// compound are the types that are typed in part by part; the parts' labels are catalogue keys "part.…".
var compound = map[string][]string{
	"smart_address": amoapi.AddressParts,
	"legal_entity":  {legalName, "vat_id", "kpp", "address"},
}

// legalName is the part of a legal entity that the codec takes bare and first.
const legalName = "name"

// numberParts are the parts that hold long numbers, but no phones.
var numberParts = []string{"vat_id", "kpp", "zip"}

// partView is one input of a compound field.
type partView struct {
	Name  ui.Plain
	Label string
	Value any
}

// partsOf are the inputs of a compound field with what was typed.
func partsOf(f amoapi.Field, values []string, typed bool) []partView {
	var out []partView
	for _, part := range compound[f.Type] {
		v := partView{Name: "fields." + ui.Plain(idText(f.ID)+"."+part), Label: "part." + part, Value: ui.Plain("")}
		plain := typed || slices.Contains(numberParts, part)
		for i, text := range values {
			key, value, found := strings.Cut(text, "=")
			switch {
			case found && key == part:
				v.Value = formValue(value, plain)
			case part == legalName && i == 0 && !slices.Contains(compound[f.Type], key):
				v.Value = formValue(text, plain)
			}
		}
		out = append(out, v)
	}
	return out
}

// readFields reads the custom fields of a form, "fields.12" and "fields.12.city", as the codec of the account's fields
// takes them.
func readFields(form url.Values) map[int64][]string {
	out := map[int64][]string{}
	for name, values := range form {
		rest, ok := strings.CutPrefix(name, "fields.")
		if kept := typed(values, maxChoices); ok && ui.Number(rest) != 0 && len(kept) > 0 {
			out[ui.Number(rest)] = kept
		}
	}
	for name := range form {
		raw, part, ok := strings.Cut(strings.TrimPrefix(name, "fields."), ".")
		if id := ui.Number(raw); ok && id != 0 && strings.HasPrefix(name, "fields.") && isPart(part) {
			if joined := joinParts(form, "fields."+raw+"."); joined != nil {
				out[id] = joined
			}
		}
	}
	return out
}

func isPart(name string) bool {
	for _, parts := range compound {
		if slices.Contains(parts, name) {
			return true
		}
	}
	return false
}

// joinParts gives the parts of one field as "city=Moscow", in an order that does not depend on the form's; nil when all
// are blank. The name of a legal entity stands first and bare.
func joinParts(form url.Values, prefix string) []string {
	var out []string
	for _, part := range append(slices.Clone(amoapi.AddressParts), compound["legal_entity"][1:]...) {
		if value := strings.TrimSpace(form.Get(prefix + part)); value != "" {
			out = append(out, part+"="+value)
		}
	}
	if _, legal := form[prefix+legalName]; legal {
		name := strings.TrimSpace(form.Get(prefix + legalName))
		if name == "" && out == nil {
			return nil
		}
		out = append([]string{name}, out...)
	}
	return out
}

// moreInputs are the fields that a form offers beyond what the stage requires; what no form can fill is left out. open
// says that one of them holds something or is wrong.
func moreInputs(fields []amoapi.Field, draft deals.Draft, typed bool, errs map[string]string) (inputs []inputView, open bool) {
	for _, f := range fields {
		in := fieldInput(f, draft.Fields[int64(f.ID)], typed, errs["fields."+idText(f.ID)])
		if in.Widget == "unsupported" {
			continue
		}
		inputs = append(inputs, in)
		open = open || in.Error != "" || len(draft.Fields[int64(f.ID)]) > 0
	}
	return inputs, open
}

// newDraft is what the form of a new deal begins with. A ticket without a subject gives a name of its own, unless the
// company has a template.
func (r *pageRequest) newDraft(form deals.Form, people []people.Person, contact int64) deals.Draft {
	draft, ticket := form.Draft, r.Session.Ticket
	switch {
	case contact != 0:
		draft.ContactID = contact
	case draft.ContactID == 0 && len(people) > 0:
		draft.ContactID = people[0].ID
	}
	if r.crm.Tenant().Settings.DealName == "" && strings.TrimSpace(ticket.Subject) == "" && ticket.ID != 0 {
		draft.Name = r.T("deal.ticket_name", "ID", ticket.ID)
	}
	return draft
}

// badValueKey is the text that says what a field of this type takes, "" when only the general one fits.
func badValueKey(e crm.FieldError) string {
	kind, _ := e.Args["type"].(string)
	switch widget := widgets[kind]; {
	case widget == "number", widget == "date", widget == "datetime", widget == "url":
		return crm.KeyBadValue + "_" + widget
	case kind == "legal_entity":
		return crm.KeyBadValue + "_legal"
	}
	return ""
}
