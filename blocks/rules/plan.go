package rules

import (
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/money"
)

// plan is what a request becomes in the account: names are ids, templates are filled.
type plan struct {
	lead    amocrm.LeadInput // without contact and company; tags are in TagsToAdd
	from    sent
	comment string
	company string
	task    *taskPlan
	remarks []Problem // what is left out of it
	strict  bool
}

type taskPlan struct {
	text string
	due  time.Time
}

// plan works a request out for a ticket. A name that the account does not have and a value that does not fit its field are
// left out, with a remark; if the rule is strict, they are a *refusal, beside which the plan holds the texts. lang is the
// company's language, in which an amount is read. Ids that the
// vocabulary does not have are sent as they are unless they are judged, too: they may be newer than it is.
func (r Request) plan(ticket helpdesk.Ticket, meta *crm.Meta, lang string, now time.Time, judged bool) (plan, error) {
	if meta == nil {
		meta = &crm.Meta{}
	}
	r, cuts, err := r.filled(ticket)
	if err != nil {
		return plan{}, err
	}
	p := plan{comment: r.Comment, company: r.Company}
	if r.Task != nil {
		p.task = &taskPlan{text: r.Task.Text, due: now.Add(r.Task.in())}
	}
	r, found := resolve(r, *meta, judged)
	p.lead, p.from = leadInput(r.Fields, meta)
	found = append(found, p.price(r.Fields.Price, money.In(lang, meta.Account.Currency))...)
	p.remarks, p.strict = merged(merged(r.Remarks, cuts), found), r.Strict
	for _, tag := range r.Tags {
		p.lead.TagsToAdd = append(p.lead.TagsToAdd, amocrm.TagInput{Name: tag})
	}
	return p, p.refused()
}

// refused is what becomes of the remarks of a strict rule.
func (p plan) refused() error {
	if !p.strict || len(p.remarks) == 0 {
		return nil
	}
	stops := stopping(p.remarks)
	return &refusal{why: ledger.Because("not_in_account", "", told(stops)), problems: stops}
}
