// Package plan works a rule's request out for a ticket and an account: names become ids, templates are filled, and values that the
// account does not take are left out with a remark. It is pure: it reads and writes nothing.
//
// It refuses to know how tickets and vocabularies are read and how deals are sent.
package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/internal/runes"
)

// Plan is what a request becomes in the account: names are ids, templates are filled.
type Plan struct {
	Deal    bulk.Deal // without contact and company
	From    Sent
	Comment string
	Company string
	Task    *Task
	Remarks []request.Problem // what is left out of it
	strict  bool
}

// Task is a task on the deal.
type Task struct {
	Text string    `json:"text"`
	Due  time.Time `json:"due_at"`
}

// Make works a request out for a ticket. A name that the account does not have and a value that does not fit its field are
// left out, with a remark; if the rule is strict, they are *request.Problems, beside which the plan holds the texts. lang is the
// company's language, in which an amount is read. Ids that the vocabulary does not have are sent as they are unless they are judged, too: they may be newer than it is.
func Make(r request.Request, ticket helpdesk.Ticket, meta *crm.Meta, lang string, now time.Time, judged bool) (Plan, error) {
	if meta == nil {
		meta = &crm.Meta{}
	}
	r, cuts, err := filled(r, ticket)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Comment: r.Comment, Company: r.Company}
	if r.Task != nil {
		p.Task = &Task{Text: r.Task.Text, Due: now.Add(r.Task.DueAfter())}
	}
	r, found := resolve(r, *meta, judged)
	p.Deal, p.From = dealOf(r.Fields, meta)
	found = append(found, p.price(r.Fields.Price, money.In(lang, meta.Account.Currency))...)
	p.Remarks, p.strict = request.Merged(request.Merged(r.Remarks, cuts), found), r.Strict
	p.Deal.Tags = r.Tags
	return p, p.Stops()
}

// Stops returns the remarks of a strict rule, which stop it, as *request.Problems; nil for any other.
func (p Plan) Stops() error {
	if !p.strict || len(p.Remarks) == 0 {
		return nil
	}
	return &request.Problems{List: request.Stopping(p.Remarks)}
}

// filled is the request with every template filled from a ticket and cut to what the CRM takes, with a remark on each text
// that was cut. Tags and a company that come out blank are left out; a task keeps the deal's name then.
func filled(r request.Request, t helpdesk.Ticket) (out request.Request, cuts []request.Problem, err error) {
	text := func(path, template string, most int) string {
		whole := strings.TrimSpace(helpdesk.Fill(template, t))
		cut := runes.First(whole, most)
		if cut != whole {
			cuts = append(cuts, request.NewProblem(path, request.CodeTooLong, "too_long", "Count", strconv.Itoa(most)).AsRemark(whole))
		}
		return cut
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
		c.Values = slices.Clone(c.Values)
		for j, v := range c.Values {
			if s, ok := v.Text(); ok && helpdesk.HasPlaceholder(s) {
				if c.Values[j].Value, err = json.Marshal(strings.TrimSpace(helpdesk.Fill(s, t))); err != nil {
					return r, nil, fmt.Errorf("fill template: %w", err)
				}
			}
		}
		custom[i] = c
	}
	if len(custom) > 0 {
		r.Fields.Custom = custom
	}
	return r, cuts, nil
}

// price puts the amount into the plan's deal, or says what is wrong with it.
func (p *Plan) price(given request.Price, hints money.Hints) []request.Problem {
	if given == "" {
		return nil
	}
	a, err := given.In(hints)
	switch {
	case err != nil:
		return []request.Problem{request.BadPrice(given, err, hints.Currency)}
	case a < 0:
		return []request.Problem{request.NewProblem(request.PricePath, request.CodeRange, "negative").AsRemark(string(given))}
	}
	p.Deal.Price = a.JSON()
	return nil
}

// WithoutCents rounds the plan's price for an account that keeps none, with a remark, which stops a strict rule (Stops). It asks
// the account only about a price that has some.
func (p *Plan) WithoutCents(ctx context.Context, keepsCents func(context.Context) (bool, error)) error {
	amount, err := money.FromJSON(p.Deal.Price)
	if err != nil || amount.Cents() == 0 {
		return nil
	}
	keeps, err := keepsCents(ctx)
	if err != nil || keeps {
		return err
	}
	whole := money.Of(int64(math.Round(amount.Float()))).JSON()
	p.Remarks = request.Merged(p.Remarks, []request.Problem{request.NewProblem(request.PricePath, request.CodeType, "no_cents", "Price", whole.String()).AsRemark(p.Deal.Price.String())})
	p.Deal.Price = whole
	return p.Stops()
}
