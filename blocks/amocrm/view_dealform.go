package amocrm

import (
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
)

// dealFormView is the form of a new deal.
type dealFormView struct {
	Base        ui.Plain
	Token       ui.Plain
	Name        any // of the ticket, or Plain as it was typed
	Price       ui.Plain
	Currency    string
	Note        ui.Plain
	LinksTicket bool         // the note names the ticket
	Message     string       // the client's last one, "" when there is none to offer
	WithMessage bool         // the agent wants it in the note
	Contacts    []optionView // empty: the deal has no contact
	Pipelines   []optionView
	Users       []optionView
	Stage       stageView
	Errors      map[string]string
	Problem     string
}

// stageView is the part of the form that follows the chosen pipeline and stage.
type stageView struct {
	Base     ui.Plain
	Statuses []optionView
	Fields   []inputView
	More     []inputView // that the stage does not require
	MoreOpen bool
	Error    string // of the stage
	Problem  string // the required fields could not be read
}

// optionView is one choice.
type optionView struct {
	Value  ui.Plain
	Text   any // words, or Plain
	Chosen bool
}

// inputView is a custom field with its widget.
type inputView struct {
	Name    ui.Plain // "fields.123"
	Label   string
	Widget  string // text, textarea, number, select, multiselect, checkbox, date, datetime, url, parts, unsupported
	Value   any    // as it was read, or Plain
	Options []optionView
	Error   string
	Must    bool       // the stage requires it
	Parts   []partView // of a compound field
}

// widgets says how a type of amoCRM is typed in (amocrm.md §3.4). What is missing here can't be filled by a form.
var widgets = map[string]string{
	"text": "text", "streetaddress": "text", "tracking_data": "text", "org_legal_name": "text", "multitext": "text",
	"smart_address": "parts", "legal_entity": "parts",
	"textarea": "textarea", "numeric": "number", "monetary": "number", "price": "number", "url": "url",
	"select": "select", "radiobutton": "select", "category": "select", "multiselect": "multiselect",
	"checkbox": "checkbox", "date": "date", "birthday": "date", "date_time": "datetime",
}

// fieldInput draws a field with its values, as they were read or typed.
func fieldInput(f amoapi.Field, values []string, typed bool, message string) inputView {
	v := inputView{
		Name: "fields." + ui.Plain(idText(f.ID)), Label: f.Name, Widget: widgets[f.Type], Error: message, Value: ui.Plain(""),
	}
	if len(values) > 0 { // a checkbox is preceded by its default
		v.Value = formValue(values[len(values)-1], typed || slices.Contains(numbers, f.Type))
	}
	switch v.Widget {
	case "":
		v.Widget = "unsupported"
	case "parts":
		v.Parts = partsOf(f, values, typed)
	case "select", "multiselect":
		for _, e := range f.Enums {
			value := idText(e.ID)
			v.Options = append(v.Options, optionView{ui.Plain(value), e.Value, slices.Contains(values, value)})
		}
	}
	return v
}

func idText(id amoapi.ID) string { return strconv.FormatInt(int64(id), 10) }

// stage picks the chosen stage, or the first that is neither won nor lost, and lists its required fields.
func stagePart(base string, form deals.Form, fields stageFields, draft deals.Draft, typed bool, errs map[string]string) stageView {
	v := stageView{Base: ui.Plain(base), Error: errs["status_id"]}
	for _, p := range form.Pipelines {
		if int64(p.ID) != draft.PipelineID {
			continue
		}
		for _, s := range p.Statuses {
			if s.Type == amoapi.StatusTypeUnsorted {
				continue
			}
			v.Statuses = append(v.Statuses, optionView{ui.Plain(idText(s.ID)), s.Name, int64(s.ID) == draft.StatusID})
		}
	}
	for _, f := range fields.required {
		in := fieldInput(f, draft.Fields[int64(f.ID)], typed, errs["fields."+idText(f.ID)])
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
	pipeline := form.Pipelines[0]
	for _, p := range form.Pipelines {
		if int64(p.ID) == d.PipelineID {
			pipeline = p
		}
	}
	d.PipelineID = int64(pipeline.ID)
	first := int64(0)
	for _, s := range pipeline.Statuses {
		if int64(s.ID) == d.StatusID {
			return
		}
		if first == 0 && s.Type != amoapi.StatusTypeUnsorted && s.ID != amoapi.StatusWon && s.ID != amoapi.StatusLost {
			first = int64(s.ID)
		}
	}
	d.StatusID = first
}

func dealForm(f i18n.Format, base string, form deals.Form, people []people.Person, fields stageFields,
	draft deals.Draft, typed bool, errs map[string]string) dealFormView {
	v := dealFormView{
		Base: ui.Plain(base), Token: ui.NewToken(), Name: formValue(draft.Name, typed), Price: ui.Plain(draft.Price),
		Currency: form.Currency, Note: ui.Plain(draft.NoteText), Errors: errs, Stage: stagePart(base, form, fields, draft, typed, errs),
	}
	seen := draft.ContactID == 0
	for _, p := range people {
		name := any(p.Name)
		if p.Name == "" {
			name = ui.Plain(f.Catalog.T(f.Lang, "person.unnamed", "ID", p.ID))
		}
		v.Contacts = append(v.Contacts, optionView{ui.Plain(strconv.FormatInt(p.ID, 10)), name, p.ID == draft.ContactID})
		seen = seen || p.ID == draft.ContactID
	}
	if !seen {
		id := strconv.FormatInt(draft.ContactID, 10)
		v.Contacts = append(v.Contacts, optionView{ui.Plain(id), ui.Plain(f.Catalog.T(f.Lang, "person.unnamed", "ID", id)), true})
	}
	for _, p := range form.Pipelines {
		v.Pipelines = append(v.Pipelines, optionView{ui.Plain(idText(p.ID)), p.Name, int64(p.ID) == draft.PipelineID})
	}
	for _, u := range form.Users {
		v.Users = append(v.Users, optionView{ui.Plain(idText(u.ID)), u.Name, int64(u.ID) == draft.ResponsibleID})
	}
	shown := []string{"name", "price", "pipeline_id", "status_id", "responsible_id", "contact_id", "note"}
	for _, in := range slices.Concat(v.Stage.Fields, v.Stage.More) {
		shown = append(shown, string(in.Name))
	}
	v.Problem = leftOver(errs, shown...)
	return v
}
