package plan

import (
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/money"
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
	Text string
	Due  time.Time
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
