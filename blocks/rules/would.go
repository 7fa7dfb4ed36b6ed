package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/money"
)

// Would is what a request would make, in ids and words. Zero is amoCRM's own choice.
type Would struct {
	Contact     Ref // ID 0: a new contact of that name
	Name        string
	Price       *money.Amount
	Pipeline    Ref
	Status      Ref
	Responsible Ref
	Fields      []FilledField
	Tags        []string
	Company     string
	Task        string
	TaskDue     time.Time // zero without a task
	Comment     string
	IfOpenDeal  OpenDeal
}

// Ref is something of the account.
type Ref struct {
	ID   int64
	Name string
}

// FilledField is a custom field with its values in words.
type FilledField struct {
	Ref
	Values []string
}

func wouldBe(p plan, pipeline amocrm.Pipeline, stage amocrm.Status, meta crm.Meta) Would {
	w := Would{Name: p.lead.Name, Company: p.company, Comment: p.comment,
		Pipeline: Ref{int64(pipeline.ID), pipeline.Name}, Status: Ref{int64(stage.ID), stage.Name}}
	if price, err := money.FromJSON(p.lead.Price); err == nil {
		w.Price = &price
	}
	if id := int64(p.lead.ResponsibleID); id != 0 {
		w.Responsible = Ref{id, meta.UserName(id)}
	}
	for _, in := range p.lead.Fields {
		f, ok := CustomField{FieldID: int64(in.FieldID), FieldCode: in.FieldCode}.in(&meta)
		if !ok {
			f = amocrm.Field{ID: in.FieldID, Name: in.FieldCode}
		}
		shown := FilledField{Ref: Ref{int64(f.ID), f.Name}}
		for _, v := range in.Values {
			shown.Values = append(shown.Values, words(f, v, meta.Location()))
		}
		w.Fields = append(w.Fields, shown)
	}
	for _, tag := range p.lead.TagsToAdd {
		w.Tags = append(w.Tags, tag.Name)
	}
	if p.task != nil {
		w.Task, w.TaskDue = p.task.text, p.task.due
	}
	return w
}

// words is a value as a person reads it: the name of a choice, a date in the account's time zone.
func words(f amocrm.Field, v amocrm.ValueInput, zone *time.Location) string {
	for _, e := range f.Enums {
		if v.Value == nil && (e.ID == v.EnumID || e.Code != "" && e.Code == v.EnumCode) {
			return thing{e.ID, e.Value}.String()
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
	raw, err := json.Marshal(v.Value)
	if err != nil {
		return fmt.Sprint(v.Value)
	}
	return string(raw)
}

// contactOf is the contact that the deal would belong to.
func contactOf(ctx context.Context, a Account, client helpdesk.Client) (Ref, error) {
	id, made, err := a.Resolve(ctx, client)
	if err != nil {
		return Ref{}, err
	}
	if made != nil {
		return Ref{Name: made.Name}, nil
	}
	c, err := a.API().Contact(ctx, amocrm.ID(id))
	if err != nil && !errors.Is(err, amocrm.ErrNotFound) {
		return Ref{}, fmt.Errorf("read contact: %w", err)
	}
	return Ref{id, c.Name}, nil
}
