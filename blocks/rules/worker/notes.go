package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/once"
	"github.com/sidecard/sidecard/internal/runes"
)

// notes are the notes that rules ask for.
func (b *batch) notes() extra {
	return b.noted(extra{
		step: "notes", path: "comment",
		kept:   func(st *jobs.Steps) (*int64, **jobs.Intent) { return &st.NoteID, &st.NoteIntent },
		wanted: func(it *item) bool { return strings.TrimSpace(it.plan.Comment) != "" },
		text:   func(it *item) string { return it.plan.Comment },
		leaveOut: func(it *item, refused crm.Answer) {
			it.leftOut(plan.OmitComment, "comment", it.plan.Comment, refused)
		},
	})
}

// remarks are the notes that say what was left out of a deal, in the company's language. One that is refused is done without: the
// inbox says the same.
func (b *batch) remarks() extra {
	return b.noted(extra{
		step: "remarks", path: "comment",
		kept: func(st *jobs.Steps) (*int64, **jobs.Intent) { return &st.RemarkID, &st.RemarkIntent },
		wanted: func(it *item) bool {
			return len(it.job.Steps.Remarks) > 0 && !it.job.Steps.Omitted.Has(plan.OmitRemarks)
		},
		text:     b.remarkText,
		leaveOut: func(it *item, _ crm.Answer) { it.job.Steps.Omitted.Add(plan.OmitRemarks, request.Problem{}) },
	})
}

// noted completes an extra that is a note.
func (b *batch) noted(x extra) extra {
	x.batch, x.what, x.list = b, "note", b.account.NotesOf
	x.create = func(ctx context.Context, items []*item) ([]bulk.Made, error) {
		body := make([]bulk.Note, len(items))
		for i, it := range items {
			body[i] = bulk.Note{Key: it.job.ID, DealID: it.job.Steps.LeadID, Text: x.text(it)}
		}
		return b.account.MakeNotes(ctx, body)
	}
	return x
}

// tasks are the tasks that rules ask for.
func (b *batch) tasks() extra {
	return extra{
		batch: b, what: "task", step: "tasks", path: "task", list: b.account.TasksOf,
		kept:   func(st *jobs.Steps) (*int64, **jobs.Intent) { return &st.TaskID, &st.TaskIntent },
		wanted: func(it *item) bool { return it.plan.Task != nil },
		text:   func(it *item) string { return it.plan.Task.Text },
		create: func(ctx context.Context, items []*item) ([]bulk.Made, error) {
			body := make([]bulk.Task, len(items))
			for i, it := range items {
				body[i] = bulk.Task{Key: it.job.ID, DealID: it.job.Steps.LeadID, Text: it.plan.Task.Text, Due: it.plan.Task.Due, ResponsibleID: it.taskUser()}
			}
			return b.account.MakeTasks(ctx, body)
		},
		leaveOut: func(it *item, refused crm.Answer) { // makes a task of the CRM's own choice of user, else none
			user := slices.ContainsFunc(refused.Mistakes, func(m crm.Mistake) bool { return strings.HasSuffix(m.Path, "responsible_user_id") })
			if user && it.taskUser() != 0 {
				it.leftOut(plan.OmitTaskUser, "fields.responsible_user_id", fmt.Sprint(it.taskUser()), refused)
				return
			}
			it.leftOut(plan.OmitTask, "task", it.plan.Task.Text, refused)
		},
	}
}

func (it *item) taskUser() int64 {
	if it.job.Steps.Omitted.Has(plan.OmitTaskUser) {
		return 0
	}
	return it.plan.Deal.ResponsibleID
}

func (b *batch) remarkText(it *item) string {
	head, held := "Left out of this deal, as it can't be taken over the way the rule gives it:", "It held:"
	if b.deps.Text != nil {
		head, held = b.deps.Text(b.lang, "firing.note.head"), b.deps.Text(b.lang, "firing.note.held")
	}
	list := it.job.Steps.Remarks
	share := max(request.MaxComment/len(list)-500, 100)
	var text strings.Builder
	text.WriteString(head)
	for _, p := range list {
		text.WriteString("\n\n" + p.Path + ": " + b.problemText(b.lang, p))
		if p.Given != "" {
			text.WriteString("\n" + held + " " + runes.Shorten(p.Given, share))
		}
	}
	return runes.First(text.String(), request.MaxComment)
}

// problemText is a problem in a language.
func (w *Worker) problemText(lang string, p request.Problem) string {
	if w.deps.Problem == nil {
		return p.Detail
	}
	return w.deps.Problem(lang, p)
}

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
	lacking := func() []*item {
		return crm.Filter(x.items, func(it *item) bool {
			id, _ := x.kept(&it.job.Steps)
			return x.wanted(it) && *id == 0 && it.job.Steps.LeadID != 0 && !it.job.Steps.Skipped && !it.ended()
		})
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

func (x extra) Look(ctx context.Context, items []*item) {
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
