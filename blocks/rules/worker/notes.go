package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
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
