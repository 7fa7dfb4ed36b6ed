package triggers

import (
	"time"

	"github.com/sidecard/sidecard/bridge"
	"github.com/sidecard/sidecard/connector/amocrm"
)

// plan is what a request becomes in the account: names are ids, templates are filled.
type plan struct {
	lead    amocrm.LeadInput // without contact and company; tags are in it
	from    sent
	comment string
	company string
	task    *taskPlan
}

type taskPlan struct {
	text string
	due  time.Time
}

// plan works a request out for a ticket. A name that the account does not have and a value that does not fit its field
// are a *refusal.
func (r Request) plan(_ bridge.Ticket, meta *bridge.Meta, now time.Time) (plan, error) {
	lead, from := leadInput(r.Fields, meta)
	for _, name := range r.Tags {
		lead.TagsToAdd = append(lead.TagsToAdd, amocrm.TagInput{Name: name})
	}
	p := plan{lead: lead, from: from, comment: r.Comment, company: r.Company}
	if r.Task != nil {
		p.task = &taskPlan{text: r.Task.Text, due: now.Add(24 * time.Hour)}
	}
	return p, nil
}
