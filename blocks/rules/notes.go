package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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
	wanted(j *job) bool
	state(st *Steps) (id int64, intent *Intent)
	put(st *Steps, id int64, intent *Intent)
	// mark tells it apart from others of the deal.
	mark(j *job) string
	// find finds in the CRM what can be it among what was made since the intent, the oldest first.
	find(ctx context.Context, j *job) ([]int64, error)
	send(ctx context.Context, jobs []*job) ([]bulk.Made, error)
	// leaveOut takes out what the CRM has refused, with a remark: the deal is made.
	leaveOut(j *job, refused crm.Answer)
	explain(err error) error
}

// add writes one kind of extra for all jobs that lack it. One whose answer was lost before is looked for first.
func (h *haul) add(ctx context.Context, x extra) {
	lacking := func() (out []*job) {
		for _, j := range h.jobs {
			id, _ := x.state(&j.e.Steps)
			if x.wanted(j) && id == 0 && j.e.Steps.LeadID != 0 && !j.e.Steps.Skipped && !j.ended() {
				out = append(out, j)
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
	w := write{h, extras{h, x}}
	once.Recover(ctx, w, first)
	once.Make(ctx, w, lacking())
}

// extras are the extras of one kind.
type extras struct {
	*haul
	extra
}

func (x extras) intend(_ context.Context, jobs []*job) {
	for _, j := range jobs {
		x.put(&j.e.Steps, 0, &Intent{At: j.now(), Mark: x.mark(j), By: j.user()})
	}
}

func (extras) next(jobs []*job) []*job { return jobs }

func (x extras) took(ctx context.Context, jobs []*job, things []bulk.Made) {
	for i, j := range jobs {
		x.put(&j.e.Steps, things[i].ID, nil)
		if !j.e.Steps.Attached {
			continue
		}
		// Another entry may write the same to the same deal, and look for it.
		if _, err := j.own(ctx, entity{x.name(), things[i].ID}); err != nil {
			x.deps.Log.WarnContext(ctx, "not noted whose it is", "tenant", j.e.Tenant, "firing", j.e.ID, "what", x.name(), "error", err)
		}
	}
}

func (x extras) look(ctx context.Context, jobs []*job) {
	x.each(ctx, jobs, func(j *job) error {
		found, err := x.find(ctx, j)
		for _, id := range found {
			ours, err := j.own(ctx, entity{x.name(), id})
			if err != nil {
				return fmt.Errorf("look for the %s: %w", x.name(), err)
			}
			if ours {
				x.put(&j.e.Steps, id, nil)
				return nil
			}
		}
		if err != nil {
			return fmt.Errorf("look for the %s: %w", x.name(), err)
		}
		_, intent := x.state(&j.e.Steps)
		if err := j.looked(ctx, intent, ledger.Reason("="+x.name()+"_looked")); err != nil {
			return err
		}
		x.put(&j.e.Steps, 0, nil)
		return nil
	})
}

func (x extras) refused(ctx context.Context, j *job, err error) {
	if answer, _ := crm.AnswerOf(err); answer.Invalid && !j.e.Request.Strict {
		x.leaveOut(j, answer)
		return
	}
	j.fail(ctx, x.explain(err))
}

// leftOut leaves out a part of what is written to a deal that is made.
func (j *job) leftOut(what, path, given string, refused crm.Answer) {
	p := request.Problem{Path: path, Code: request.CodeRefused, Detail: "amoCRM refused it: " + refused.Words}
	if len(refused.Mistakes) > 0 {
		p.Code, p.Detail = refused.Mistakes[0].Code, refused.Mistakes[0].Detail
	}
	st := &j.e.Steps
	st.Omitted.Add(what, p.AsRemark(given))
	st.Remarks = request.Merged(st.Remarks, []request.Problem{p.AsRemark(given)})
	j.plan = j.plan.Without(st.Omitted)
}

// comments are the notes that rules ask for.
type comments struct{ *haul }

func (comments) name() string { return "note" }
func (comments) step() string { return "notes" }

func (comments) wanted(j *job) bool { return strings.TrimSpace(j.plan.Comment) != "" }

func (comments) state(st *Steps) (int64, *Intent) { return st.NoteID, st.NoteIntent }

func (comments) put(st *Steps, id int64, i *Intent) { st.NoteID, st.NoteIntent = id, i }

func (n comments) mark(j *job) string { return n.fingerprint(bulk.PlainLines(j.plan.Comment)) }

func (n comments) send(ctx context.Context, jobs []*job) ([]bulk.Made, error) {
	return n.sendNotes(ctx, jobs, func(j *job) string { return j.plan.Comment })
}

func (n comments) find(ctx context.Context, j *job) ([]int64, error) {
	return n.lookForNote(ctx, j, j.e.Steps.NoteIntent, j.plan.Comment)
}

func (comments) leaveOut(j *job, refused crm.Answer) {
	j.leftOut(plan.OmitComment, "comment", j.plan.Comment, refused)
}

func (comments) explain(err error) error {
	return explainExtra(err, "comment", "refused_note")
}

func (h *haul) sendNotes(ctx context.Context, jobs []*job, text func(*job) string) ([]bulk.Made, error) {
	notes := make([]bulk.Note, len(jobs))
	for i, j := range jobs {
		notes[i] = bulk.Note{Key: j.e.ID, DealID: j.e.Steps.LeadID, Text: text(j)}
	}
	return h.account.MakeNotes(ctx, notes)
}

// lookForNote finds notes of the job's deal by their text.
func (h *haul) lookForNote(ctx context.Context, j *job, intent *Intent, sent string) ([]int64, error) {
	found, err := h.account.NotesOf(ctx, j.e.Steps.LeadID)
	return j.like(found, intent, func(text string) bool { return text == bulk.PlainLines(sent) || h.marked(text, intent.Mark) }), err
}

// like returns what was found that can be of the write that the intent was stored for, the oldest first.
func (j *job) like(found []bulk.Found, intent *Intent, same func(text string) bool) (ids []int64) {
	since := j.since(intent)
	for _, f := range found {
		if f.CreatedAt >= since && j.ours(intent, f.CreatedBy) && same(bulk.PlainLines(f.Text)) {
			ids = append(ids, f.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// tasks are the tasks that rules ask for.
type tasks struct{ *haul }

func (tasks) name() string { return "task" }
func (tasks) step() string { return "tasks" }

func (tasks) wanted(j *job) bool { return j.plan.Task != nil }

func (tasks) state(st *Steps) (int64, *Intent) { return st.TaskID, st.TaskIntent }

func (tasks) put(st *Steps, id int64, i *Intent) { st.TaskID, st.TaskIntent = id, i }

func (t tasks) mark(j *job) string { return t.fingerprint(bulk.PlainLines(j.plan.Task.Text)) }

func (t tasks) send(ctx context.Context, jobs []*job) ([]bulk.Made, error) {
	body := make([]bulk.Task, len(jobs))
	for i, j := range jobs {
		body[i] = bulk.Task{Key: j.e.ID, DealID: j.e.Steps.LeadID, Text: j.plan.Task.Text, Due: j.plan.Task.Due, ResponsibleID: j.taskUser()}
	}
	return t.account.MakeTasks(ctx, body)
}

func (t tasks) find(ctx context.Context, j *job) ([]int64, error) {
	intent := j.e.Steps.TaskIntent
	found, err := t.account.TasksOf(ctx, j.e.Steps.LeadID)
	return j.like(found, intent, func(text string) bool { return t.marked(text, intent.Mark) }), err
}

// leaveOut makes a task of the CRM's own choice of user, else none.
func (tasks) leaveOut(j *job, refused crm.Answer) {
	user := slices.ContainsFunc(refused.Mistakes, func(m crm.Mistake) bool { return strings.HasSuffix(m.Path, "responsible_user_id") })
	if user && j.taskUser() != 0 {
		j.leftOut(plan.OmitTaskUser, "fields.responsible_user_id", fmt.Sprint(j.taskUser()), refused)
		return
	}
	j.leftOut(plan.OmitTask, "task", j.plan.Task.Text, refused)
}

func (j *job) taskUser() int64 {
	if j.e.Steps.Omitted.Has(plan.OmitTaskUser) {
		return 0
	}
	return j.plan.Deal.ResponsibleID
}

func (tasks) explain(err error) error {
	return explainExtra(err, "task", "refused_task")
}

// fingerprint stands for a text in the steps: what rules and clients wrote is kept sealed only.
func (h *haul) fingerprint(text string) string { return h.deps.DB.Ring().Fingerprints(text)[0] }

// marked says whether mark was made of the text, with any key of the ring: the newest may be newer than the mark.
func (h *haul) marked(text, mark string) bool {
	return slices.Contains(h.deps.DB.Ring().Fingerprints(text), mark)
}
