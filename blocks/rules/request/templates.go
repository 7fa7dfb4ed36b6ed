package request

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/internal/helpdesk"
)

// templatePlaces are what a text may name in double braces, for messages; ticket.field.N stands for any number.
var templatePlaces = append(slices.Clone(helpdesk.Sources), "ticket.field.N")

// ourTemplate reports whether who wrote a placeholder meant one of ours.
func ourTemplate(place string) bool {
	return strings.HasPrefix(place, "ticket.") || strings.HasPrefix(place, "client.")
}

// templates names the placeholders that nothing fills; they stay as they are. A real job has a remark only for those
// that are meant for us: the helpdesk puts its clients' words into a rule's texts.
func (r *reader) templates(req Request, meant func(place string) bool) {
	look := func(path, text string) {
		place := helpdesk.UnknownPlaceholder(text, meant)
		if place == "" {
			return
		}
		better := Near(strings.ReplaceAll(place, "_", "."), templatePlaces)
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
			if text, ok := v.Text(); ok {
				look(fmt.Sprintf("fields.custom_fields_values[%d].values[%d].value", i, j), text)
			}
		}
	}
}

// Text returns a value that is a string.
func (v CustomValue) Text() (string, bool) {
	var s string
	if len(v.Value) == 0 || v.Value[0] != '"' || json.Unmarshal(v.Value, &s) != nil {
		return "", false
	}
	return s, true
}

// Templated reports whether a ticket changes the field's values.
func (c CustomField) Templated() bool {
	return slices.ContainsFunc(c.Values, func(v CustomValue) bool {
		s, ok := v.Text()
		return ok && helpdesk.HasPlaceholder(s)
	})
}

// Templated reports whether the comment or the task can't be written without the ticket.
func (r Request) Templated() bool {
	return helpdesk.HasPlaceholder(r.Comment) || r.Task != nil && helpdesk.HasPlaceholder(r.Task.Text)
}

// ForeignTemplates returns a warning for each placeholder that nothing fills and that is not meant for us: ours have remarks.
func ForeignTemplates(r Request) []Problem {
	var read reader
	read.templates(r, func(place string) bool { return !ourTemplate(place) })
	return Stopping(read.problems)
}
