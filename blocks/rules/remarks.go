package rules

import (
	"context"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
)

// A mistake that a value carries costs that value and not the lead. It shows itself in three places, and each leaves its
// remarks: when the body is read (Request.Remarks), when the request is compared with the account (plan.remarks), and when
// the CRM refuses what was sent (Steps.Omitted). What is left out is stored before the deal is sent.

// remark keeps what is left out of the deal that is about to be made.
func (j *job) remark() {
	st := &j.e.Steps
	st.Remarks = j.plan.Remarks
	for _, o := range st.Omitted {
		st.Remarks = request.Merged(st.Remarks, []request.Problem{o.Remark})
	}
}

// leaveOut takes out of the job's deal what the CRM has refused, and reports whether the deal is worth another try. The
// account's vocabulary is read anew first: it knows which choice of a list is gone, and what could be said instead.
func (j *job) leaveOut(ctx context.Context, err error) bool {
	answer, ok := crm.AnswerOf(err)
	if j.e.Request.Strict || !ok {
		return false
	}
	st := &j.e.Steps
	if !st.Judged {
		st.Judged = true
		before := len(j.plan.Remarks)
		if err := j.renew(ctx); err != nil {
			j.fail(ctx, err)
			return true
		}
		j.work(ctx, j.haul)
		if len(j.plan.Remarks) > before || j.ended() {
			return true
		}
	}
	progress := false
	for _, v := range answer.Mistakes {
		what, remark := j.plan.Refused(j.sent, v, j.meta)
		progress = what != "" && st.Omitted.Add(what, remark) || progress
	}
	if progress {
		j.work(ctx, j.haul)
	}
	return progress
}

// bare leaves all out that a deal can do without, once: the CRM has not named what it refuses.
func (j *job) bare(ctx context.Context, err error) bool {
	answer, ok := crm.AnswerOf(err)
	if j.e.Request.Strict || !ok || len(answer.Mistakes) > 0 {
		return false
	}
	progress := false
	for _, o := range j.plan.Dispensable(j.sent, answer.Words) {
		progress = j.e.Steps.Omitted.Add(o.What, o.Remark) || progress
	}
	if progress {
		j.work(ctx, j.haul)
	}
	return progress
}

// justRead is how old a vocabulary may be that what the CRM has refused is judged by: a rule with a mistake that fires all day
// must not read it anew for each deal.
const justRead = 10 * time.Second

// renew reads the account's vocabulary past the cache unless that was just done.
func (h *haul) renew(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := time.Since(h.meta.At); 0 <= age && age < justRead { // another replica's clock may have been ahead
		return nil
	}
	meta, err := anew(ctx, h.account)
	if err != nil {
		return fmt.Errorf("read the account anew: %w", err)
	}
	h.meta = meta
	return nil
}
