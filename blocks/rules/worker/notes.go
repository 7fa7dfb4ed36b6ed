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
)

// extra is something small that is written to a deal once it exists: the note, the task.
type extra interface {
	name() string
	step() string // of a trace
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
	explain(err error) error
}

// add writes one kind of extra for all items that lack it. One whose answer was lost before is looked for first.
func (b *batch) add(ctx context.Context, x extra) {
	lacking := func() (out []*item) {
		for _, it := range b.items {
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
	w := write{b, extras{b, x}}
	once.Recover(ctx, w, first)
	once.Make(ctx, w, lacking())
}

// extras are the extras of one kind.
type extras struct {
	*batch
	extra
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
		// Another entry may write the same to the same deal, and look for it.
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
		if err := it.countLook(ctx, intent, ledger.Reason("="+x.name()+"_looked")); err != nil {
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
	it.fail(ctx, x.explain(err))
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

// notes are the notes that rules ask for.
type notes struct{ *batch }

func (notes) name() string { return "note" }
func (notes) step() string { return "notes" }

func (notes) wanted(it *item) bool { return strings.TrimSpace(it.plan.Comment) != "" }

func (notes) state(st *jobs.Steps) (int64, *jobs.Intent) { return st.NoteID, st.NoteIntent }

func (notes) put(st *jobs.Steps, id int64, i *jobs.Intent) { st.NoteID, st.NoteIntent = id, i }

func (n notes) mark(it *item) string { return n.fingerprint(bulk.PlainLines(it.plan.Comment)) }

func (n notes) send(ctx context.Context, items []*item) ([]bulk.Made, error) {
	return n.sendNotes(ctx, items, func(it *item) string { return it.plan.Comment })
}

func (n notes) find(ctx context.Context, it *item) ([]int64, error) {
	return n.findNotes(ctx, it, it.job.Steps.NoteIntent, it.plan.Comment)
}

func (notes) leaveOut(it *item, refused crm.Answer) {
	it.leftOut(plan.OmitComment, "comment", it.plan.Comment, refused)
}

func (notes) explain(err error) error {
	return explainExtra(err, "comment", "refused_note")
}

func (b *batch) sendNotes(ctx context.Context, items []*item, text func(*item) string) ([]bulk.Made, error) {
	notes := make([]bulk.Note, len(items))
	for i, it := range items {
		notes[i] = bulk.Note{Key: it.job.ID, DealID: it.job.Steps.LeadID, Text: text(it)}
	}
	return b.account.MakeNotes(ctx, notes)
}

// findNotes finds notes of the item's deal by their text.
func (b *batch) findNotes(ctx context.Context, it *item, intent *jobs.Intent, sent string) ([]int64, error) {
	found, err := b.account.NotesOf(ctx, it.job.Steps.LeadID)
	return it.matching(found, intent, func(text string) bool { return text == bulk.PlainLines(sent) || b.hasMark(text, intent.Mark) }), err
}

// matching returns what was found that can be of the write that the intent was stored for, the oldest first.
func (it *item) matching(found []bulk.Found, intent *jobs.Intent, same func(text string) bool) (ids []int64) {
	since := it.since(intent)
	for _, f := range found {
		if f.CreatedAt >= since && it.mayBeBy(intent, f.CreatedBy) && same(bulk.PlainLines(f.Text)) {
			ids = append(ids, f.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// tasks are the tasks that rules ask for.
type tasks struct{ *batch }

func (tasks) name() string { return "task" }
func (tasks) step() string { return "tasks" }

func (tasks) wanted(it *item) bool { return it.plan.Task != nil }

func (tasks) state(st *jobs.Steps) (int64, *jobs.Intent) { return st.TaskID, st.TaskIntent }

func (tasks) put(st *jobs.Steps, id int64, i *jobs.Intent) { st.TaskID, st.TaskIntent = id, i }

func (t tasks) mark(it *item) string { return t.fingerprint(bulk.PlainLines(it.plan.Task.Text)) }

func (t tasks) send(ctx context.Context, items []*item) ([]bulk.Made, error) {
	body := make([]bulk.Task, len(items))
	for i, it := range items {
		body[i] = bulk.Task{Key: it.job.ID, DealID: it.job.Steps.LeadID, Text: it.plan.Task.Text, Due: it.plan.Task.Due, ResponsibleID: it.taskUser()}
	}
	return t.account.MakeTasks(ctx, body)
}

func (t tasks) find(ctx context.Context, it *item) ([]int64, error) {
	intent := it.job.Steps.TaskIntent
	found, err := t.account.TasksOf(ctx, it.job.Steps.LeadID)
	return it.matching(found, intent, func(text string) bool { return t.hasMark(text, intent.Mark) }), err
}

// leaveOut makes a task of the CRM's own choice of user, else none.
func (tasks) leaveOut(it *item, refused crm.Answer) {
	user := slices.ContainsFunc(refused.Mistakes, func(m crm.Mistake) bool { return strings.HasSuffix(m.Path, "responsible_user_id") })
	if user && it.taskUser() != 0 {
		it.leftOut(plan.OmitTaskUser, "fields.responsible_user_id", fmt.Sprint(it.taskUser()), refused)
		return
	}
	it.leftOut(plan.OmitTask, "task", it.plan.Task.Text, refused)
}

func (it *item) taskUser() int64 {
	if it.job.Steps.Omitted.Has(plan.OmitTaskUser) {
		return 0
	}
	return it.plan.Deal.ResponsibleID
}

func (tasks) explain(err error) error {
	return explainExtra(err, "task", "refused_task")
}

// fingerprint stands for a text in the steps: what rules and clients wrote is kept sealed only.
func (b *batch) fingerprint(text string) string { return b.deps.DB.Ring().Fingerprints(text)[0] }

// hasMark reports whether mark was made of the text, with any key of the ring: the newest may be newer than the mark.
func (b *batch) hasMark(text, mark string) bool {
	return slices.Contains(b.deps.DB.Ring().Fingerprints(text), mark)
}
