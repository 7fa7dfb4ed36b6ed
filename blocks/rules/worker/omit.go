package worker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

// A mistake that a value carries costs that value and not the lead. It shows itself in three places, and each leaves its
// remarks: when the body is read (Request.Remarks), when the request is compared with the account (plan.remarks), and when
// the CRM refuses what was sent (Steps.Omitted). What is left out is stored before the deal is sent.

// keepRemarks keeps what is left out of the deal that is about to be made.
func (p planner) keepRemarks(it *item) {
	st := &it.job.Steps
	st.Remarks = it.plan.Remarks
	for _, o := range st.Omitted {
		st.Remarks = request.Merged(st.Remarks, []request.Problem{o.Remark})
	}
}

// leaveOut takes out of the item's deal what the CRM has refused, and reports whether the deal is worth another try. The
// account's vocabulary is read anew first: it knows which choice of a list is gone, and what could be said instead.
func (p planner) leaveOut(ctx context.Context, it *item, err error) bool {
	answer, ok := crm.AnswerOf(err)
	if it.job.Request.Strict || !ok {
		return false
	}
	st := &it.job.Steps
	if !st.Judged {
		st.Judged = true
		before := len(it.plan.Remarks)
		if err := p.refreshMeta(ctx, p.account.FreshMeta); err != nil {
			it.fail(ctx, err)
			return true
		}
		p.plan(ctx, it)
		if len(it.plan.Remarks) > before || it.ended() {
			return true
		}
	}
	progress := false
	for _, v := range answer.Mistakes {
		what, remark := it.plan.Refused(it.sent, v, p.meta)
		progress = what != "" && st.Omitted.Add(what, remark) || progress
	}
	if progress {
		p.plan(ctx, it)
	}
	return progress
}

// leaveOutAll leaves all out that a deal can do without, once: the CRM has not named what it refuses.
func (p planner) leaveOutAll(ctx context.Context, it *item, err error) bool {
	answer, ok := crm.AnswerOf(err)
	if it.job.Request.Strict || !ok || len(answer.Mistakes) > 0 {
		return false
	}
	progress := false
	for _, o := range it.plan.Dispensable(it.sent, answer.Words) {
		progress = it.job.Steps.Omitted.Add(o.What, o.Remark) || progress
	}
	if progress {
		p.plan(ctx, it)
	}
	return progress
}

// justRead is how old a vocabulary may be that what the CRM has refused is judged by: a rule with a mistake that fires all day
// must not read it anew for each deal.
const justRead = 10 * time.Second

// refreshMeta reads the account's vocabulary past the cache unless that was just done.
func (p planner) refreshMeta(ctx context.Context, read func(context.Context) (crm.Meta, error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := time.Since(p.meta.At); 0 <= age && age < justRead { // another replica's clock may have been ahead
		return nil
	}
	meta, err := read(ctx)
	if err != nil {
		return fmt.Errorf("read the account anew: %w", err)
	}
	p.meta = meta
	return nil
}

// fillMapped adds what the tenant's settings map from ticket and client, if the rule says so: to the deal, and to a
// contact that is to be made. What the rule or the client's own data fill already stays.
func (p planner) fillMapped(ctx context.Context, it *item, deal *bulk.Deal) error {
	if !it.job.Request.UseMapping {
		return nil
	}
	values, err := p.account.Mapped(ctx, fields.EntityLead, it.ticket)
	if err != nil {
		return err
	}
	deal.Fields = p.addMapped(it, deal.Fields, values, p.meta.LeadFields)
	if deal.Contact.ID != 0 {
		return nil
	}
	if values, err = p.account.Mapped(ctx, fields.EntityContact, it.ticket); err != nil {
		return err
	}
	deal.Contact.Fields = p.addMapped(it, slices.Clone(deal.Contact.Fields), values, p.meta.ContactFields)
	return nil
}

func (p planner) addMapped(it *item, have []crm.FieldInput, values map[int64][]string, known []crm.Field) []crm.FieldInput {
	fields, left := plan.WithMapped(have, values, p.meta, known)
	if it.job.Request.Strict {
		return fields // the rule itself is held to its values, the settings are not
	}
	it.job.Steps.Remarks = request.Merged(it.job.Steps.Remarks, left)
	return fields
}
