package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/money"
)

// Would is what a request would make, in ids and words. Zero is amoCRM's own choice.
type Would struct {
	Contact     Ref              `json:"-"` // ID 0: a new contact of that name
	IfOpenDeal  request.OpenDeal `json:"if_open_deal"`
	Name        string           `json:"name,omitempty"`
	Price       *money.Amount    `json:"price,omitempty"`
	Pipeline    Ref              `json:"pipeline,omitzero"`
	Status      Ref              `json:"status,omitzero"`
	Responsible Ref              `json:"responsible,omitzero"`
	Fields      []FilledField    `json:"fields"`
	Tags        []string         `json:"tags"`
	Company     string           `json:"company,omitempty"`
	Task        *Task            `json:"task,omitempty"`
	Comment     string           `json:"comment,omitempty"`
}

// FilledField is a custom field with its values in words.
type FilledField struct {
	Ref
	Values []string `json:"values"`
}

// Would returns what a plan of a request comes to, with warnings of what works and may not be meant. Its contact is not known here.
func (p Plan) Would(r request.Request, meta crm.Meta) (w Would, warnings []request.Problem) {
	pipeline, stage := landing(p.Deal, meta)
	w = Would{IfOpenDeal: r.OnOpenDeal(), Name: p.Deal.Name, Company: p.Company, Comment: p.Comment, Task: p.Task,
		Pipeline: ref(pipeline.ID, pipeline.Name), Status: ref(stage.ID, stage.Name),
		Fields: []FilledField{}, Tags: append([]string{}, p.Deal.Tags...)} // empty lists are shown as such
	if price, err := money.FromJSON(p.Deal.Price); err == nil {
		w.Price = &price
	}
	if id := p.Deal.ResponsibleID; id != 0 {
		w.Responsible = Ref{id, meta.UserName(id)}
	}
	for _, in := range p.Deal.Fields {
		f, ok := fieldOf(request.CustomField{FieldID: int64(in.FieldID), FieldCode: in.FieldCode}, &meta)
		if !ok {
			f = crm.Field{ID: in.FieldID, Name: in.FieldCode}
		}
		shown := FilledField{Ref: ref(f.ID, f.Name)}
		for _, v := range in.Values {
			shown.Values = append(shown.Values, words(f, v, meta.Location()))
		}
		w.Fields = append(w.Fields, shown)
	}
	return w, slices.Concat(doubts(r, pipeline, stage), unfilled(p.Deal.Fields, pipeline, stage, meta), request.ForeignTemplates(r))
}

// words is a value as a person reads it: the name of a choice, a date in the account's time zone.
func words(f crm.Field, v crm.ValueInput, zone *time.Location) string {
	for _, e := range f.Enums {
		if v.Value == nil && (e.ID == v.EnumID || e.Code != "" && e.Code == v.EnumCode) {
			return ref(e.ID, e.Value).String()
		}
	}
	switch value := v.Value.(type) {
	case string:
		return value
	case int64:
		switch f.Type {
		case "date", "birthday":
			return time.Unix(value, 0).In(zone).Format(time.DateOnly)
		case "date_time":
			return time.Unix(value, 0).In(zone).Format(time.DateTime)
		}
	case json.RawMessage:
		if text, ok := decodeValue(value).(string); ok {
			return text
		}
	case nil:
		if v.CatalogElementID != 0 {
			return fmt.Sprintf("%d:%d", v.CatalogID, v.CatalogElementID)
		}
		if v.EnumID != 0 {
			return fmt.Sprint(v.EnumID)
		}
		return v.EnumCode
	}
	return request.ShownValue(v.Value)
}

// landing is the stage in which a deal is made: the one given, else the first of the pipeline, which is else the main one
// (amocrm.md §5.1). Zero values for what is not known.
func landing(lead bulk.Deal, meta crm.Meta) (pipeline crm.Pipeline, stage crm.Status) {
	for _, p := range meta.Pipelines {
		if int64(p.ID) == lead.PipelineID || lead.PipelineID == 0 && p.IsMain {
			pipeline = p
		}
	}
	for _, s := range pipeline.Statuses {
		if int64(s.ID) == lead.StatusID || lead.StatusID == 0 && !crm.Unsorted(s) {
			return pipeline, s
		}
	}
	return pipeline, stage
}

// unfilled names the fields that a stage requires and a deal lacks. Only people are held to it by amoCRM: a job makes its
// deal without them.
func unfilled(have []crm.FieldInput, p crm.Pipeline, s crm.Status, meta crm.Meta) (out []request.Problem) {
	for _, f := range meta.Required(int64(p.ID), int64(s.ID)) {
		if !slices.ContainsFunc(have, func(x crm.FieldInput) bool {
			return x.FieldID == f.ID || x.FieldCode != "" && x.FieldCode == f.Code
		}) {
			out = append(out, request.NewProblem("fields.custom_fields_values", request.CodeRequired, "required_field",
				"Stage", ref(s.ID, s.Name).String(), "Field", ref(f.ID, f.Name).String()))
		}
	}
	return out
}

// doubts are what amoCRM takes, or may take, and the author may not mean.
func doubts(r request.Request, p crm.Pipeline, s crm.Status) (out []request.Problem) {
	stage := ref(s.ID, s.Name).String()
	stageAt, pipelineAt := "fields.status_id", "fields.pipeline_id"
	if r.Fields.StatusID == 0 {
		stageAt = "fields.status"
	}
	if r.Fields.PipelineID == 0 {
		pipelineAt = "fields.pipeline"
	}
	if crm.Closed(s) {
		out = append(out, request.NewProblem(stageAt, request.CodeClosed, "closed_stage", "Stage", stage))
	}
	if s.ID != 0 && crm.Unsorted(s) {
		out = append(out, request.NewProblem(stageAt, request.CodeChoice, "unsorted_stage", "Stage", stage))
	}
	if p.IsArchive {
		out = append(out, request.NewProblem(pipelineAt, request.CodeArchived, "archived_pipeline", "Pipeline", ref(p.ID, p.Name).String()))
	}
	return out
}
