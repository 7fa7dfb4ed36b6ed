package worker

import (
	"context"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
)

// notes are the notes that rules ask for.
type notes struct{ *batch }

func (notes) name() string { return "note" }
func (notes) step() string { return "notes" }
func (notes) path() string { return "comment" }

func (notes) wanted(it *item) bool { return strings.TrimSpace(it.plan.Comment) != "" }

func (notes) state(st *jobs.Steps) (int64, *jobs.Intent) { return st.NoteID, st.NoteIntent }

func (notes) put(st *jobs.Steps, id int64, i *jobs.Intent) { st.NoteID, st.NoteIntent = id, i }

func (n notes) mark(it *item) string { return n.fingerprint(bulk.PlainLines(it.plan.Comment)) }

func (n notes) send(ctx context.Context, items []*item) ([]bulk.Made, error) {
	return n.sendTexts(ctx, items, func(it *item) string { return it.plan.Comment })
}

func (n notes) find(ctx context.Context, it *item) ([]int64, error) {
	return n.findText(ctx, it, it.job.Steps.NoteIntent, it.plan.Comment)
}

func (notes) leaveOut(it *item, refused crm.Answer) {
	it.leftOut(plan.OmitComment, "comment", it.plan.Comment, refused)
}

func (n notes) sendTexts(ctx context.Context, items []*item, text func(*item) string) ([]bulk.Made, error) {
	body := make([]bulk.Note, len(items))
	for i, it := range items {
		body[i] = bulk.Note{Key: it.job.ID, DealID: it.job.Steps.LeadID, Text: text(it)}
	}
	return n.account.MakeNotes(ctx, body)
}

// findText finds notes of the item's deal by their text.
func (n notes) findText(ctx context.Context, it *item, intent *jobs.Intent, sent string) ([]int64, error) {
	found, err := n.account.NotesOf(ctx, it.job.Steps.LeadID)
	return lostWrite{it, intent}.matching(found, func(text string) bool { return text == bulk.PlainLines(sent) || n.hasMark(text, intent.Mark) }), err
}
