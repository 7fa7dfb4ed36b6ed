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
func (r Request) plan(_ bridge.Ticket, meta *bridge.Meta, _ time.Time) (plan, error) {
	lead, from := leadInput(r.Fields, meta)
	return plan{lead: lead, from: from, comment: r.Comment}, nil
}
