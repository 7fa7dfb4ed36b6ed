package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/amocrm"
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
	create(ctx context.Context, jobs []*job) ([]amocrm.Created, error)
	// leaveOut takes out what the CRM has refused, with a remark: the deal is made.
	leaveOut(j *job, e *amocrm.Error)
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

func (x extras) send(ctx context.Context, jobs []*job) ([]made, error) {
	answer, err := x.create(ctx, jobs)
	out := make([]made, len(answer))
	for i, m := range answer {
		if out[i].id = int64(m.ID); m.RequestID != "" {
			out[i].keys = []string{m.RequestID}
		}
	}
	return out, err
}

func (x extras) took(ctx context.Context, jobs []*job, things []made) {
	for i, j := range jobs {
		x.put(&j.e.Steps, things[i].id, nil)
		if !j.e.Steps.Attached {
			continue
		}
		// Another entry may write the same to the same deal, and look for it.
		if _, err := j.own(ctx, entity{x.name(), things[i].id}); err != nil {
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
	var e *amocrm.Error
	if errors.As(err, &e) && e.Kind == amocrm.KindInvalid && !j.e.Request.Strict {
		x.leaveOut(j, e)
		return
	}
	j.fail(ctx, x.explain(err))
}

// leftOut leaves out a part of what is written to a deal that is made.
func (j *job) leftOut(what, path, given string, e *amocrm.Error) {
	p := request.Problem{Path: path, Code: request.CodeRefused, Detail: "amoCRM refused it: " + saidOf(e)}
	if len(e.Validation) > 0 {
		p.Code, p.Detail = e.Validation[0].Code, e.Validation[0].Detail
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

func (n comments) mark(j *job) string { return n.fingerprint(plainLines(j.plan.Comment)) }

func (n comments) create(ctx context.Context, jobs []*job) ([]amocrm.Created, error) {
	return n.sendNotes(ctx, jobs, func(j *job) string { return j.plan.Comment })
}

func (n comments) find(ctx context.Context, j *job) ([]int64, error) {
	return n.lookForNote(ctx, j, j.e.Steps.NoteIntent, j.plan.Comment)
}

func (comments) leaveOut(j *job, e *amocrm.Error) {
	j.leftOut(plan.OmitComment, "comment", j.plan.Comment, e)
}

func (comments) explain(err error) error {
	return explainExtra(err, "comment", "refused_note")
}

func (h *haul) sendNotes(ctx context.Context, jobs []*job, text func(*job) string) ([]amocrm.Created, error) {
	body := make([]amocrm.NoteInput, len(jobs))
	for i, j := range jobs {
		body[i] = amocrm.NoteInput{EntityID: amocrm.ID(j.e.Steps.LeadID), Type: "common",
			Params: map[string]any{"text": strings.TrimSpace(text(j))}, RequestID: j.e.ID}
	}
	made, err := h.account.API().CreateNotes(ctx, "leads", body)
	for i, m := range made {
		if i < len(jobs) && m.ID != 0 {
			lead := jobs[i].e.Steps.LeadID
			if err := h.account.RememberNote(ctx, lead, int64(m.ID)); err != nil { // the card only lacks its mark
				h.deps.Log.WarnContext(ctx, "note not marked as ours", "tenant", jobs[i].e.Tenant, "error", err)
			}
		}
	}
	return made, err
}

// lookForNote finds notes of the job's deal by their text.
func (h *haul) lookForNote(ctx context.Context, j *job, intent *Intent, sent string) (ids []int64, err error) {
	found, err := h.account.API().Notes(ctx, "leads", amocrm.ID(j.e.Steps.LeadID), 50)
	if err != nil {
		return nil, err
	}
	since := j.since(intent)
	for _, m := range found {
		var params struct {
			Text string `json:"text"`
		}
		if m.Type != "common" || m.CreatedAt < since || !h.ours(intent, m.CreatedBy) || json.Unmarshal(m.Params, &params) != nil {
			continue
		}
		if text := plainLines(params.Text); text == plainLines(sent) || h.marked(text, intent.Mark) {
			ids = append(ids, int64(m.ID))
		}
	}
	slices.Sort(ids)
	return ids, nil
}

func plainLines(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// tasks are the tasks that rules ask for.
type tasks struct{ *haul }

func (tasks) name() string { return "task" }
func (tasks) step() string { return "tasks" }

func (tasks) wanted(j *job) bool { return j.plan.Task != nil }

func (tasks) state(st *Steps) (int64, *Intent) { return st.TaskID, st.TaskIntent }

func (tasks) put(st *Steps, id int64, i *Intent) { st.TaskID, st.TaskIntent = id, i }

func (t tasks) mark(j *job) string { return t.fingerprint(plainLines(j.plan.Task.Text)) }

func (t tasks) create(ctx context.Context, jobs []*job) ([]amocrm.Created, error) {
	body := make([]amocrm.TaskInput, len(jobs))
	for i, j := range jobs {
		body[i] = amocrm.TaskInput{EntityID: amocrm.ID(j.e.Steps.LeadID), EntityType: "leads", Text: j.plan.Task.Text,
			CompleteTill: j.plan.Task.Due.Unix(), TypeID: amocrm.TaskFollowUp, ResponsibleID: j.taskUser(),
			RequestID: j.e.ID}
	}
	return t.account.API().CreateTasks(ctx, body)
}

func (t tasks) find(ctx context.Context, j *job) (ids []int64, err error) {
	st := &j.e.Steps
	found, err := t.account.API().Tasks(ctx, "leads", []amocrm.ID{amocrm.ID(st.LeadID)})
	if err != nil {
		return nil, err
	}
	since := j.since(st.TaskIntent)
	for _, m := range found {
		if m.CreatedAt >= since && t.ours(st.TaskIntent, m.CreatedBy) && t.marked(plainLines(m.Text), st.TaskIntent.Mark) {
			ids = append(ids, int64(m.ID))
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// leaveOut makes a task of the CRM's own choice of user, else none.
func (tasks) leaveOut(j *job, e *amocrm.Error) {
	user := slices.ContainsFunc(e.Validation, func(v amocrm.FieldError) bool { return strings.HasSuffix(v.Path, "responsible_user_id") })
	if user && j.taskUser() != 0 {
		j.leftOut(plan.OmitTaskUser, "fields.responsible_user_id", fmt.Sprint(j.taskUser()), e)
		return
	}
	j.leftOut(plan.OmitTask, "task", j.plan.Task.Text, e)
}

func (j *job) taskUser() amocrm.ID {
	if j.e.Steps.Omitted.Has(plan.OmitTaskUser) {
		return 0
	}
	return j.plan.Lead.ResponsibleID
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
