package newdeal

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
)

// formView is the form of a new deal.
type formView struct {
	Base        ui.Plain
	Token       ui.Plain
	Name        any // of the ticket, or Plain as it was typed
	Price       ui.Plain
	Currency    string
	Note        ui.Plain
	LinksTicket bool           // the note names the ticket
	Message     string         // the client's last one, "" when there is none to offer
	WithMessage bool           // the agent wants it in the note
	Contacts    []forms.Option // empty: the deal has no contact
	Pipelines   []forms.Option
	Users       []forms.Option
	Stage       stageView
	Errors      map[string]string
	Problem     string
}

// stageView is the part of the form that follows the chosen pipeline and stage.
type stageView struct {
	Base     ui.Plain
	Statuses []forms.Option
	Fields   []forms.Input
	More     []forms.Input // that the stage does not require
	MoreOpen bool
	Error    string // of the stage
	Problem  string // the required fields could not be read
}

// stage picks the chosen stage, or the first that is neither won nor lost, and lists its required fields.
func stagePart(base string, form deals.Form, fields stageFields, draft deals.Draft, typed bool, errs map[string]string) stageView {
	v := stageView{Base: ui.Plain(base), Error: errs["status_id"]}
	pipeline, _ := crm.Find(form.Pipelines, func(p amoapi.Pipeline) bool { return int64(p.ID) == draft.PipelineID })
	for _, s := range crm.Filter(pipeline.Statuses, func(s amoapi.Status) bool { return !crm.Unsorted(s) }) {
		v.Statuses = append(v.Statuses, forms.Choice(forms.ID(s.ID), s.Name, int64(s.ID) == draft.StatusID))
	}
	for _, f := range fields.required {
		in := forms.CustomInput(f, draft.Fields[int64(f.ID)], typed, errs["fields."+forms.ID(f.ID)])
		in.Must = true
		v.Fields = append(v.Fields, in)
	}
	v.More, v.MoreOpen = moreInputs(fields.more, draft, typed, errs)
	return v
}

// settle gives the draft a pipeline and a stage that exist: what was chosen, else the first open stage.
func settle(form deals.Form, d *deals.Draft) {
	if len(form.Pipelines) == 0 {
		return
	}
	pipeline, ok := crm.Find(form.Pipelines, func(p amoapi.Pipeline) bool { return int64(p.ID) == d.PipelineID })
	if !ok {
		pipeline = form.Pipelines[0]
	}
	d.PipelineID = int64(pipeline.ID)
	first := int64(0)
	for _, s := range pipeline.Statuses {
		if int64(s.ID) == d.StatusID {
			return
		}
		if first == 0 && !crm.Unsorted(s) && !crm.Closed(s) {
			first = int64(s.ID)
		}
	}
	d.StatusID = first
}

func dealForm(f i18n.Format, base string, form deals.Form, people []people.Person, fields stageFields,
	draft deals.Draft, typed bool, errs map[string]string) formView {
	v := formView{
		Base: ui.Plain(base), Token: ui.NewToken(), Name: forms.Value(draft.Name, typed), Price: ui.Plain(draft.Price),
		Currency: form.Currency, Note: ui.Plain(draft.NoteText), Errors: errs, Stage: stagePart(base, form, fields, draft, typed, errs),
	}
	seen := draft.ContactID == 0
	for _, p := range people {
		name := any(p.Name)
		if p.Name == "" {
			name = ui.Plain(f.T("person.unnamed", "ID", p.ID))
		}
		v.Contacts = append(v.Contacts, forms.Choice(strconv.FormatInt(p.ID, 10), name, p.ID == draft.ContactID))
		seen = seen || p.ID == draft.ContactID
	}
	if !seen {
		id := strconv.FormatInt(draft.ContactID, 10)
		v.Contacts = append(v.Contacts, forms.Choice(id, ui.Plain(f.T("person.unnamed", "ID", id)), true))
	}
	for _, p := range form.Pipelines {
		v.Pipelines = append(v.Pipelines, forms.Choice(forms.ID(p.ID), p.Name, int64(p.ID) == draft.PipelineID))
	}
	v.Users = forms.Users(form.Users, draft.ResponsibleID)
	shown := []string{"name", "price", "pipeline_id", "status_id", "responsible_id", "contact_id", "note"}
	for _, in := range slices.Concat(v.Stage.Fields, v.Stage.More) {
		shown = append(shown, string(in.Name))
	}
	v.Problem = forms.LeftOver(errs, shown...)
	return v
}

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
