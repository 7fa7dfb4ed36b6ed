package amocrm

import (
	"context"
	"maps"
	"slices"
	"strconv"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
)

// keyMasked refuses a text that holds hidden digits and is not the one that was shown: they would be lost.
const keyMasked = "error.masked"

// wordy are the types of fields whose values are texts of people.
var wordy = []string{"text", "textarea", "streetaddress", "url"}

// DealEdit hides phones in the name and the values.
func (m masked) DealEdit(ctx context.Context, id int64) (crm.DealEdit, error) {
	e, err := m.CRM.DealEdit(ctx, id)
	if err != nil {
		return e, err
	}
	f := m.format(ctx)
	e.Name, e.Values = f.Words(e.Name), maps.Clone(e.Values)
	for _, field := range wordyFields(e) {
		e.Values[int64(field.ID)] = each(e.Values[int64(field.ID)], f.Words)
	}
	return e, nil
}

func wordyFields(e crm.DealEdit) []amoapi.Field {
	return slices.DeleteFunc(slices.Clone(e.Fields), func(f amoapi.Field) bool { return !slices.Contains(wordy, f.Type) })
}

// ChangeDeal puts the digits back that the form had hidden.
func (m masked) ChangeDeal(ctx context.Context, id int64, c crm.DealChange) error {
	whole, err := m.CRM.DealEdit(ctx, id)
	if err != nil {
		return err
	}
	f, e := m.format(ctx), &crm.FieldErrors{}
	if c.Name != nil {
		name := unhide(f, "name", *c.Name, []string{whole.Name}, e)
		c.Name = &name
	}
	c.Fields = maps.Clone(c.Fields)
	for _, field := range wordyFields(whole) {
		fieldID := int64(field.ID)
		for i, text := range c.Fields[fieldID] {
			c.Fields[fieldID] = slices.Clone(c.Fields[fieldID])
			c.Fields[fieldID][i] = unhide(f, "fields."+strconv.FormatInt(fieldID, 10), text, whole.Values[fieldID], e)
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return m.CRM.ChangeDeal(ctx, id, c)
}

// DealForm hides phones in what the form begins with: the subject or the client's name, and mapped fields.
func (m masked) DealForm(ctx context.Context, ticket helpdesk.Ticket) (crm.DealForm, error) {
	form, err := m.CRM.DealForm(ctx, ticket)
	if err != nil {
		return form, err
	}
	f := m.format(ctx)
	form.Draft.Name, form.Draft.Fields = f.Words(form.Draft.Name), maps.Clone(form.Draft.Fields)
	for id, values := range form.Draft.Fields {
		form.Draft.Fields[id] = each(values, f.Words)
	}
	return form, nil
}

// CreateDeal puts the digits back that the form had hidden.
func (m masked) CreateDeal(ctx context.Context, clientID int64, d crm.DealDraft) (int64, error) {
	form, err := m.CRM.DealForm(ctx, m.ticket)
	if err != nil {
		return 0, err
	}
	f, e := m.format(ctx), &crm.FieldErrors{}
	d.Name = unhide(f, "name", d.Name, []string{form.Draft.Name}, e)
	d.Fields = maps.Clone(d.Fields)
	for id, texts := range d.Fields {
		path := "fields." + strconv.FormatInt(id, 10)
		d.Fields[id] = each(texts, func(text string) string { return unhide(f, path, text, form.Draft.Fields[id], e) })
	}
	if len(e.Fields) > 0 {
		return 0, e
	}
	return m.CRM.CreateDeal(ctx, clientID, d)
}

func unhide(f i18n.Format, path, text string, known []string, e *crm.FieldErrors) string {
	back := f.Unmask(text, known)
	if phone.HasMasked(back) && !slices.Contains(known, back) {
		e.Fields = append(e.Fields, crm.FieldError{Path: path, Key: keyMasked})
	}
	return back
}

// Tasks hides phones in what is to be done.
func (m masked) Tasks(ctx context.Context, leadID int64) (crm.Tasks, error) {
	tasks, err := m.CRM.Tasks(ctx, leadID)
	f := m.format(ctx)
	tasks.Items = slices.Clone(tasks.Items)
	for i := range tasks.Items {
		tasks.Items[i].Text = f.Words(tasks.Items[i].Text)
	}
	return tasks, err
}

// FeedOlder hides phones in comments and sentences.
func (m masked) FeedOlder(ctx context.Context, leadID int64, place string, comments bool) (crm.Feed, error) {
	feed, err := m.CRM.FeedOlder(ctx, leadID, place, comments)
	feed.Items = m.items(ctx, feed.Items)
	return feed, err
}
