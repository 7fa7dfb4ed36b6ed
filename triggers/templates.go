package triggers

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sidecard/sidecard/bridge"
)

// templatePlaces are what a text may name in double braces, for messages; ticket.field.N stands for any number.
var templatePlaces = append(append([]string{}, bridge.MapSources...), "ticket.field.N")

// ours says that whoever wrote a placeholder meant one of ours.
func ours(place string) bool {
	return strings.HasPrefix(place, "ticket.") || strings.HasPrefix(place, "client.")
}

// everyPlace is for templates: all placeholders that nothing fills are named, also those that may be a client's words.
func everyPlace(string) bool { return true }

// templates names the placeholders that nothing fills. A real firing is refused only for those that are meant for us: the
// helpdesk puts its clients' words into a rule's texts, and no lead may be lost for what is written there.
func (r *reader) templates(req Request, meant func(place string) bool) {
	look := func(path, text string) {
		place := bridge.UnknownPlace(text, meant)
		if place == "" {
			return
		}
		better := near(strings.ReplaceAll(place, "_", "."), templatePlaces)
		if better != "" {
			better = "{{" + better + "}}"
		}
		r.add(r.where(req, path), CodeTemplate, "no_template", "Given", fmt.Sprintf("{{%.60s}}", place), "Near", better,
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
		if s, ok := v.text(); ok && bridge.HasPlace(s) {
			return true
		}
	}
	return false
}

// filled is the request with every template filled from a ticket and cut to what the CRM takes. Tags and a company that
// come out blank are left out; a task keeps the deal's name then.
func (r Request) filled(t bridge.Ticket) (Request, error) {
	if bridge.HasPlace(r.Fields.Name) {
		r.Fields.Name = bridge.DealName(r.Fields.Name, t)
	}
	// Before it is filled: what a client wrote is no markup.
	r.Comment = firstRunes(strings.TrimSpace(bridge.Fill(bridge.PlainText(r.Comment, MaxComment), t)), MaxComment)
	r.Company = oneLine(r.Company, t)
	r.Tags = filledTags(r.Tags, t)
	if r.Task != nil {
		task := *r.Task
		if task.Text = firstRunes(strings.TrimSpace(bridge.Fill(task.Text, t)), MaxTask); task.Text == "" {
			task.Text = bridge.DealName(r.Fields.Name, t)
		}
		r.Task = &task
	}
	custom := make([]CustomField, len(r.Fields.Custom))
	for i, c := range r.Fields.Custom {
		values := make([]CustomValue, len(c.Values))
		for j, v := range c.Values {
			if s, ok := v.text(); ok && bridge.HasPlace(s) {
				raw, err := json.Marshal(strings.TrimSpace(bridge.Fill(s, t)))
				if err != nil {
					return r, fmt.Errorf("fill template: %w", err)
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
	return r, nil
}

// filledTags names each tag once, in any case.
func filledTags(tags []string, t bridge.Ticket) []string {
	var out []string
	seen := map[string]bool{}
	for _, tag := range tags {
		tag = oneLine(tag, t)
		if key := strings.ToLower(tag); tag != "" && !seen[key] {
			seen[key] = true
			out = append(out, tag)
		}
	}
	return out
}

func oneLine(text string, t bridge.Ticket) string {
	return firstRunes(strings.Join(strings.Fields(bridge.Fill(text, t)), " "), MaxName)
}

func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
