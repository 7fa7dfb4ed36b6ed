package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/runes"
)

// filled is the request with every template filled from a ticket and cut to what the CRM takes, with a remark on each text
// that was cut. Tags and a company that come out blank are left out; a task keeps the deal's name then.
func filled(r request.Request, t helpdesk.Ticket) (out request.Request, cuts []request.Problem, err error) {
	text := func(path, template string, most int) string {
		whole := strings.TrimSpace(helpdesk.Fill(template, t))
		cuts = append(cuts, tooLong(path, whole, most)...)
		return runes.First(whole, most)
	}
	line := func(path, template string) string {
		return strings.Join(strings.Fields(text(path, template, request.MaxName)), " ")
	}
	if helpdesk.HasPlaceholder(r.Fields.Name) {
		line("fields.name", r.Fields.Name)
		r.Fields.Name = deals.Name(r.Fields.Name, t)
	}
	// Before it is filled: what a client wrote is no markup.
	r.Comment = text("comment", helpdesk.PlainText(r.Comment, request.MaxComment), request.MaxComment)
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
		if task.Text = text("task.text", task.Text, request.MaxTask); task.Text == "" {
			task.Text = deals.Name(r.Fields.Name, t)
		}
		r.Task = &task
	}
	custom := make([]request.CustomField, len(r.Fields.Custom))
	for i, c := range r.Fields.Custom {
		values := make([]request.CustomValue, len(c.Values))
		for j, v := range c.Values {
			if s, ok := v.Text(); ok && helpdesk.HasPlaceholder(s) {
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
