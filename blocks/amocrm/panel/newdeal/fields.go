package newdeal

import (
	"context"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
)

// stageFields are the custom fields of a form: those a stage requires, and all others that can be written.
type stageFields struct{ required, more []amoapi.Field }

func (r *request) stageFields(ctx context.Context, d deals.Draft) (s stageFields, err error) {
	if s.required, err = r.crm.Required(ctx, d.PipelineID, d.StatusID); err != nil {
		return s, err
	}
	s.more, err = r.crm.MoreFields(ctx, d.PipelineID, d.StatusID)
	return s, err
}

// moreInputs returns the fields that a form offers beyond what the stage requires; what no form can fill is left out. open
// says that one of them holds something or is wrong.
func moreInputs(fields []amoapi.Field, draft deals.Draft, typed bool, errs map[string]string) (inputs []forms.Input, open bool) {
	for _, f := range fields {
		in := forms.CustomInput(f, draft.Fields[int64(f.ID)], typed, errs["fields."+forms.ID(f.ID)])
		if in.Widget == "unsupported" {
			continue
		}
		inputs = append(inputs, in)
		open = open || in.Error != "" || len(draft.Fields[int64(f.ID)]) > 0
	}
	return inputs, open
}

// newDraft returns what the form of a new deal begins with. A ticket without a subject gives a name of its own, unless the
// company has a template.
func (r *request) newDraft(form deals.Form, people []people.Person, contact int64) deals.Draft {
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
