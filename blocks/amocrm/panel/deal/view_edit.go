package deal

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/i18n"
)

// fieldDealName is the one editable row that no layout holds. The others go by their layout ids.
const fieldDealName = "name"

// editView is what of a card can be changed.
type editView struct {
	FieldsURL ui.Plain // a page of all fields that can be changed, "" when there are none
	Return    string   // row whose pencil takes the focus
	Said      string   // for screen readers
	OOB       bool     // goes along with another part of the page
	page      string   // address of the deal
	amo       string   // its card in amoCRM
	can       map[string]bool
	outside   map[string]bool // can be changed in amoCRM alone
}

func editOf(page string, d deals.Card) editView {
	v := editView{page: page, amo: d.URL, outside: map[string]bool{}, can: map[string]bool{
		fieldDealName: true, fields.FieldAmount: true, fields.FieldStage: true, fields.FieldPipeline: true, fields.FieldResponsible: true,
		fields.FieldLossReason: d.State == deals.Lost,
	}}
	for id := range d.Inputs {
		v.can[fields.CustomID(id)] = true
		v.FieldsURL = ui.Plain(page + "/edit")
	}
	for _, id := range d.Outside {
		v.outside[fields.CustomID(id)] = true
	}
	return v
}

// Outside leads to amoCRM's card, for a row that can be changed there alone; nil for any other.
func (v editView) Outside(id ui.Plain, label string) *pencilView {
	if !v.outside[string(id)] {
		return nil
	}
	return &pencilView{URL: ui.Plain(v.amo), Label: label}
}

// pencilView is the way to change a row.
type pencilView struct {
	ID, URL ui.Plain
	Label   string
	Return  bool
}

// Pencil leads to the form of a row of the details; nil when the row can't be changed.
func (v editView) Pencil(id ui.Plain, label string) *pencilView {
	return v.pencil(string(id), label, "")
}

// HeadPencil does what Pencil does for a row outside the list of details.
func (v editView) HeadPencil(id ui.Plain, label string) *pencilView {
	return v.pencil(string(id), label, "&head=1")
}

func (v editView) pencil(id, label, more string) *pencilView {
	if !v.can[id] {
		return nil
	}
	return &pencilView{
		ID: ui.Plain(strings.ReplaceAll(id, ":", "")), Label: label, Return: v.Return == id,
		URL: ui.Plain(v.page + "/edit?field=" + url.QueryEscape(id) + more),
	}
}

// editFormView is the form of one row of a deal. InPlace stands in the card, else it is a page of its own.
type editFormView struct {
	Key              ui.Plain
	Label, Title     string
	DealName         string
	Action, NeedsURL ui.Plain
	DealURL, CardURL ui.Plain
	Token            ui.Plain
	Head, InPlace    bool
	Input            *forms.Input
	Pipelines        []pipelineView // of a stage's form
	Needs            []forms.Input  // what the chosen stage asks for
	Error            string         // of the stage
	Problem          string         // of the form as a whole
}

// RowID names the row while its form is open.
func (v editFormView) RowID() ui.Plain { return ui.Plain(rowID(string(v.Key))) }

func rowID(key string) string { return "row-" + strings.ReplaceAll(key, ":", "") }

// pipelineView is a pipeline with the stages to choose from.
type pipelineView struct {
	Name   string
	Stages []stagePick
}

// stagePick is one stage; Value is "pipeline:stage".
type stagePick struct {
	Value       ui.Plain
	Name, Color string
	Chosen      bool
}

// typedEdit is what a person has typed into the form of a row.
type typedEdit struct {
	sent          bool // else it is what the form begins with
	key           string
	head, inPlace bool
	name, price   string
	fields        map[int64][]string

	pipeline, status, reason, user int64
}

// asItIs returns what the form of a row begins with.
func asItIs(key string, e deals.Edit) typedEdit {
	t := typedEdit{
		key: key, name: e.Name, pipeline: e.PipelineID, status: e.StatusID, reason: e.LossReasonID, user: e.ResponsibleID,
		fields: e.Values,
	}
	if e.Price != 0 {
		t.price = e.Price.String()
	}
	return t
}

// editForm draws the form of a row; ok is false for a row that can't be changed.
func editForm(f i18n.Format, page string, e deals.Edit, typed typedEdit, errs map[string]string) (v editFormView, ok bool) {
	v = editFormView{
		Key: ui.Plain(typed.key), DealName: e.Name, Head: typed.head, InPlace: typed.inPlace, Token: ui.NewToken(),
		Action: ui.Plain(page + "/edit"), NeedsURL: ui.Plain(page + "/edit/needs"), DealURL: ui.Plain(page),
		CardURL: ui.Plain(page + "/card?field=" + url.QueryEscape(typed.key)),
	}
	switch typed.key {
	case fieldDealName:
		v.Label = f.T("field.deal_name")
		v.Input = &forms.Input{Name: "name", Widget: "text", Value: forms.Value(typed.name, typed.sent), Must: true, Error: errs["name"]}
	case fields.FieldAmount:
		v.Label = f.T("field.price")
		v.Input = &forms.Input{Name: "price", Widget: "number", Value: ui.Plain(typed.price), Error: errs["price"]}
	case fields.FieldResponsible:
		v.Label = f.T("field.responsible")
		v.Input = &forms.Input{Name: "responsible_id", Widget: "select", Must: true, Options: forms.Users(e.Users, typed.user), Error: errs["responsible_id"]}
	case fields.FieldStage, fields.FieldPipeline, fields.FieldLossReason:
		v.Label = f.T("field.stage")
		v.Pipelines, v.Error = stagePicks(e, typed), cmp.Or(errs["status_id"], errs["pipeline_id"])
		v.Needs = stageNeeds(f, e, typed, errs)
	default:
		field, found := crm.Find(e.Fields, func(x amoapi.Field) bool { return fields.CustomID(int64(x.ID)) == typed.key })
		if !found {
			return v, false
		}
		input := forms.CustomInput(field, typed.fields[int64(field.ID)], typed.sent, errs["fields."+forms.ID(field.ID)])
		v.Label, v.Input = input.Label, &input
	}
	if v.Input != nil && v.Input.Label == "" {
		v.Input.Label = v.Label
	}
	v.Title = f.T("edit.change", "Name", v.Label)
	v.Problem = forms.LeftOver(errs, v.shown()...)
	return v, true
}

// shown lists the form paths whose errors stand at their fields.
func (v editFormView) shown() []string {
	out := []string{"status_id", "pipeline_id"}
	if v.Input != nil {
		out = []string{string(v.Input.Name)}
	}
	for _, in := range v.Needs {
		out = append(out, string(in.Name))
	}
	return out
}

// stagePicks lists all stages, those of the deal's own pipeline first.
func stagePicks(e deals.Edit, typed typedEdit) []pipelineView {
	var own, others []pipelineView
	for _, p := range e.Pipelines {
		v := pipelineView{Name: p.Name}
		for _, s := range p.Statuses {
			v.Stages = append(v.Stages, stagePick{
				Value: ui.Plain(forms.ID(p.ID) + ":" + forms.ID(s.ID)), Name: s.Name, Color: s.Color,
				Chosen: int64(p.ID) == typed.pipeline && int64(s.ID) == typed.status,
			})
		}
		if int64(p.ID) == e.PipelineID {
			own = append(own, v)
		} else {
			others = append(others, v)
		}
	}
	return append(own, others...)
}

// stageNeeds returns the fields that the chosen stage asks for: the reason when the deal is lost, and what it requires and
// the deal does not have. A field with an error is asked for as well.
func stageNeeds(f i18n.Format, e deals.Edit, typed typedEdit, errs map[string]string) []forms.Input {
	var out []forms.Input
	if typed.status == int64(amoapi.StatusLost) && len(e.LossReasons) > 0 {
		in := forms.Input{
			Name: "loss_reason_id", Label: f.T("field.loss_reason"), Widget: "select", Must: true, Error: errs["loss_reason_id"],
		}
		for _, r := range e.LossReasons {
			in.Options = append(in.Options, forms.Choice(forms.ID(r.ID), r.Name, int64(r.ID) == typed.reason))
		}
		out = append(out, in)
	}
	missing := e.Missing(typed.pipeline, typed.status)
	for _, field := range e.Fields {
		asked := slices.ContainsFunc(missing, func(m amoapi.Field) bool { return m.ID == field.ID })
		if message := errs["fields."+forms.ID(field.ID)]; asked || message != "" {
			in := forms.CustomInput(field, typed.fields[int64(field.ID)], typed.sent, message)
			in.Must = true
			out = append(out, in)
		}
	}
	return out
}

// fieldsView lists all custom fields that can be changed, those that amoCRM's own card is needed for at the end.
type fieldsView struct {
	DealName string
	DealURL  ui.Plain
	Fields   []fieldLink
}

// fieldLink leads to the form of a field, or to amoCRM.
type fieldLink struct {
	Label      string
	Value, URL ui.Plain
	Outside    bool
}

func fieldsPage(f i18n.Format, page string, e deals.Edit, card deals.Card) fieldsView {
	v := fieldsView{DealName: e.Name, DealURL: ui.Plain(page)}
	for _, field := range e.Fields {
		to := ui.Plain(page + "/edit?field=" + url.QueryEscape(fields.CustomID(int64(field.ID))))
		v.Fields = append(v.Fields, fieldLink{Label: field.Name, Value: fieldValue(f, field, card), URL: to})
	}
	for _, field := range e.Outside {
		v.Fields = append(v.Fields, fieldLink{Label: field.Name, Value: fieldValue(f, field, card), URL: ui.Plain(card.URL), Outside: true})
	}
	return v
}

// fieldValue returns all that a deal has in a field, in one line.
func fieldValue(f i18n.Format, field amoapi.Field, card deals.Card) ui.Plain {
	var out []string
	s, _ := card.Value(int64(field.ID))
	for _, line := range forms.Lines(f, s) {
		out = append(out, string(ui.Shown(f.Display, line.Text)))
	}
	return ui.Plain(strings.Join(out, ", "))
}
