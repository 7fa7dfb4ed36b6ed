package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/runes"
)

// templatePlaces are what a text may name in double braces, for messages; ticket.field.N stands for any number.
var templatePlaces = append(append([]string{}, helpdesk.Sources...), "ticket.field.N")

// ours says that whoever wrote a placeholder meant one of ours.
func ours(place string) bool {
	return strings.HasPrefix(place, "ticket.") || strings.HasPrefix(place, "client.")
}

// templates names the placeholders that nothing fills; they stay as they are. A real firing has a remark only for those
// that are meant for us: the helpdesk puts its clients' words into a rule's texts.
func (r *reader) templates(req Request, meant func(place string) bool) {
	look := func(path, text string) {
		place := helpdesk.UnknownPlaceholder(text, meant)
		if place == "" {
			return
		}
		better := near(strings.ReplaceAll(place, "_", "."), templatePlaces)
		if better != "" {
			better = "{{" + better + "}}"
		}
		r.leave(r.where(req, path), text, CodeTemplate, "no_template", "Given", fmt.Sprintf("{{%.60s}}", place), "Near", better,
			"Accepted", strings.Join(templatePlaces, ", "))
	}
	look("fields.name", req.Fields.Name)
	look("comment", req.Comment)
	look("company", req.Company)
	for i, tag := range req.Tags {
		look(fmt.Sprintf("tags[%d]", i), tag)
	}
	if req.Task != nil {
		look("task.text", req.Task.Text)
	}
	for i, c := range req.Fields.Custom {
		for j, v := range c.Values {
			if text, ok := v.text(); ok {
				look(fmt.Sprintf("fields.custom_fields_values[%d].values[%d].value", i, j), text)
			}
		}
	}
}

// text is a value that is a string.
func (v CustomValue) text() (string, bool) {
	var s string
	if len(v.Value) == 0 || v.Value[0] != '"' || json.Unmarshal(v.Value, &s) != nil {
		return "", false
	}
	return s, true
}

// templated says whether a ticket changes the field's values.
func (c CustomField) templated() bool {
	for _, v := range c.Values {
		if s, ok := v.text(); ok && helpdesk.HasPlaceholder(s) {
			return true
		}
	}
	return false
}

// filled is the request with every template filled from a ticket and cut to what the CRM takes, with a remark on each text
// that was cut. Tags and a company that come out blank are left out; a task keeps the deal's name then.
func (r Request) filled(t helpdesk.Ticket) (out Request, cuts []Problem, err error) {
	text := func(path, template string, most int) string {
		whole := strings.TrimSpace(helpdesk.Fill(template, t))
		cuts = append(cuts, tooLong(path, whole, most)...)
		return runes.First(whole, most)
	}
	line := func(path, template string) string {
		return strings.Join(strings.Fields(text(path, template, MaxName)), " ")
	}
	if helpdesk.HasPlaceholder(r.Fields.Name) {
		line("fields.name", r.Fields.Name)
		r.Fields.Name = crm.DealName(r.Fields.Name, t)
	}
	// Before it is filled: what a client wrote is no markup.
	r.Comment = text("comment", helpdesk.PlainText(r.Comment, MaxComment), MaxComment)
	r.Company = line("company", r.Company)
	var tags []string
	for i, tag := range r.Tags {
		tag = line(fmt.Sprintf("tags[%d]", i), tag)
		if tag != "" && !slices.ContainsFunc(tags, func(x string) bool { return strings.EqualFold(x, tag) }) {
			tags = append(tags, tag)
		}
	}
	r.Tags = tags
	if r.Task != nil {
		task := *r.Task
		if task.Text = text("task.text", task.Text, MaxTask); task.Text == "" {
			task.Text = crm.DealName(r.Fields.Name, t)
		}
		r.Task = &task
	}
	custom := make([]CustomField, len(r.Fields.Custom))
	for i, c := range r.Fields.Custom {
		values := make([]CustomValue, len(c.Values))
		for j, v := range c.Values {
			if s, ok := v.text(); ok && helpdesk.HasPlaceholder(s) {
				raw, err := json.Marshal(strings.TrimSpace(helpdesk.Fill(s, t)))
				if err != nil {
					return r, nil, fmt.Errorf("fill template: %w", err)
				}
				v.Value = raw
			}
			values[j] = v
		}
		c.Values = values
		custom[i] = c
	}
	if len(custom) > 0 {
		r.Fields.Custom = custom
	}
	return r, cuts, nil
}
