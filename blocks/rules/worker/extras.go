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
type extra struct {
	*batch
	what   string // in reasons
	step   string // of a trace
	path   string // of the member of a request that asks for it
	kept   func(st *jobs.Steps) (id *int64, intent **jobs.Intent)
	wanted func(it *item) bool
	text   func(it *item) string // tells it apart from others of the deal
	list   func(ctx context.Context, dealID int64) ([]bulk.Found, error)
	create func(ctx context.Context, items []*item) ([]bulk.Made, error)
	// leaveOut takes out what the CRM has refused, with a remark: the deal is made.
	leaveOut func(it *item, refused crm.Answer)
}

// add writes one kind of extra for all items that lack it. One whose answer was lost before is looked for first.
func (x extra) add(ctx context.Context) {
	lacking := func() (out []*item) {
		for _, it := range x.items {
			id, _ := x.kept(&it.job.Steps)
			if x.wanted(it) && *id == 0 && it.job.Steps.LeadID != 0 && !it.job.Steps.Skipped && !it.ended() {
				out = append(out, it)
			}
		}
		return out
	}
	first := lacking()
	if len(first) == 0 {
		return
	}
	ctx, end := step(ctx, x.step, time.Time{}, len(first))
	defer end()
	w := write{x.batch, x}
	once.Recover(ctx, w, first)
	once.Make(ctx, w, lacking())
}

func (x extra) name() string { return x.what }

func (x extra) slot(st *jobs.Steps) (*int64, **jobs.Intent) { return x.kept(st) }

func (x extra) prepare(_ context.Context, items []*item) {
	for _, it := range items {
		_, intent := x.kept(&it.job.Steps)
		*intent = &jobs.Intent{At: it.now(), Mark: x.fingerprint(bulk.PlainLines(x.text(it))), By: it.user()}
	}
}

func (extra) next(items []*item) []*item { return items }

func (x extra) send(ctx context.Context, items []*item) ([]bulk.Made, error) {
	return x.create(ctx, items)
}

func (x extra) put(it *item, made int64) {
	id, intent := x.kept(&it.job.Steps)
	*id, *intent = made, nil
}

func (x extra) made(ctx context.Context, items []*item, answers []bulk.Made) {
	for i, it := range items {
		x.put(it, answers[i].ID)
		if !it.job.Steps.Attached {
			continue
		}
		// Another job may write the same to the same deal, and look for it.
		if _, err := it.claim(ctx, jobs.Object(x.what, answers[i].ID)); err != nil {
			x.deps.Log.WarnContext(ctx, "not noted whose it is", "tenant", it.job.Tenant, "firing", it.job.ID, "what", x.what, "error", err)
		}
	}
}

func (x extra) look(ctx context.Context, items []*item) {
	x.forEach(ctx, items, func(it *item) error {
		_, intent := x.kept(&it.job.Steps)
		lost := lostWrite{it, *intent}
		found, err := x.list(ctx, it.job.Steps.LeadID)
		for _, id := range lost.matching(found, bulk.PlainLines(x.text(it))) {
			ours, err := it.claim(ctx, jobs.Object(x.what, id))
			if err != nil {
				return fmt.Errorf("look for the %s: %w", x.what, err)
			}
			if ours {
				x.put(it, id)
				return nil
			}
		}
		if err != nil {
			return fmt.Errorf("look for the %s: %w", x.what, err)
		}
		if err := lost.countLook(ctx, ledger.Reason("="+x.what+"_looked")); err != nil {
			return err
		}
		x.put(it, 0)
		return nil
	})
}

func (x extra) refused(ctx context.Context, it *item, err error) {
	if answer, _ := crm.AnswerOf(err); answer.Invalid && !it.job.Request.Strict {
		x.leaveOut(it, answer)
		return
	}
	it.fail(ctx, explain(err, "refused_"+x.what, func(m crm.Mistake) request.Problem {
		return request.Problem{Path: x.path, Code: m.Code, Detail: m.Detail}
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
