package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/once"
)

// extra is something small that is written to a deal once it exists: the note, the task.
type extra interface {
	name() string // in reasons
	step() string // of a trace
	path() string // of the member of a request that asks for it
	wanted(it *item) bool
	state(st *jobs.Steps) (id int64, intent *jobs.Intent)
	put(st *jobs.Steps, id int64, intent *jobs.Intent)
	// mark tells it apart from others of the deal.
	mark(it *item) string
	// find finds in the CRM what can be it among what was made since the intent, the oldest first.
	find(ctx context.Context, it *item) ([]int64, error)
	send(ctx context.Context, items []*item) ([]bulk.Made, error)
	// leaveOut takes out what the CRM has refused, with a remark: the deal is made.
	leaveOut(it *item, refused crm.Answer)
}

// extras are the extras of one kind.
type extras struct {
	*batch
	extra
}

// add writes one kind of extra for all items that lack it. One whose answer was lost before is looked for first.
func (x extras) add(ctx context.Context) {
	lacking := func() (out []*item) {
		for _, it := range x.items {
			id, _ := x.state(&it.job.Steps)
			if x.wanted(it) && id == 0 && it.job.Steps.LeadID != 0 && !it.job.Steps.Skipped && !it.ended() {
				out = append(out, it)
			}
		}
		return out
	}
	first := lacking()
	if len(first) == 0 {
		return
	}
	ctx, end := step(ctx, x.step(), time.Time{}, len(first))
	defer end()
	w := write{x.batch, x}
	once.Recover(ctx, w, first)
	once.Make(ctx, w, lacking())
}

func (x extras) prepare(_ context.Context, items []*item) {
	for _, it := range items {
		x.put(&it.job.Steps, 0, &jobs.Intent{At: it.now(), Mark: x.mark(it), By: it.user()})
	}
}

func (extras) next(items []*item) []*item { return items }

func (x extras) made(ctx context.Context, items []*item, answers []bulk.Made) {
	for i, it := range items {
		x.put(&it.job.Steps, answers[i].ID, nil)
		if !it.job.Steps.Attached {
			continue
		}
		// Another job may write the same to the same deal, and look for it.
		if _, err := it.claim(ctx, jobs.Object(x.name(), answers[i].ID)); err != nil {
			x.deps.Log.WarnContext(ctx, "not noted whose it is", "tenant", it.job.Tenant, "firing", it.job.ID, "what", x.name(), "error", err)
		}
	}
}

func (x extras) look(ctx context.Context, items []*item) {
	x.forEach(ctx, items, func(it *item) error {
		found, err := x.find(ctx, it)
		for _, id := range found {
			ours, err := it.claim(ctx, jobs.Object(x.name(), id))
			if err != nil {
				return fmt.Errorf("look for the %s: %w", x.name(), err)
			}
			if ours {
				x.put(&it.job.Steps, id, nil)
				return nil
			}
		}
		if err != nil {
			return fmt.Errorf("look for the %s: %w", x.name(), err)
		}
		_, intent := x.state(&it.job.Steps)
		if err := (lostWrite{it, intent}).countLook(ctx, ledger.Reason("="+x.name()+"_looked")); err != nil {
			return err
		}
		x.put(&it.job.Steps, 0, nil)
		return nil
	})
}

func (x extras) refused(ctx context.Context, it *item, err error) {
	if answer, _ := crm.AnswerOf(err); answer.Invalid && !it.job.Request.Strict {
		x.leaveOut(it, answer)
		return
	}
	it.fail(ctx, explain(err, "refused_"+x.name(), func(m crm.Mistake) request.Problem {
		return request.Problem{Path: x.path(), Code: m.Code, Detail: m.Detail}
	}))
}

// leftOut leaves out a part of what is written to a deal that is made.
func (it *item) leftOut(what, path, given string, refused crm.Answer) {
	p := request.Problem{Path: path, Code: request.CodeRefused, Detail: "amoCRM refused it: " + refused.Words}
	if len(refused.Mistakes) > 0 {
		p.Code, p.Detail = refused.Mistakes[0].Code, refused.Mistakes[0].Detail
	}
	st := &it.job.Steps
	st.Omitted.Add(what, p.AsRemark(given))
	st.Remarks = request.Merged(st.Remarks, []request.Problem{p.AsRemark(given)})
	it.plan = it.plan.Without(st.Omitted)
}
