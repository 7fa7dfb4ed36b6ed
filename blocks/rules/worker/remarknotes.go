package worker

import (
	"context"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/runes"
)

// remarkNotes are the notes that say what was left out of a deal, in the company's language.
type remarkNotes struct{ notes }

func (remarkNotes) step() string { return "remarks" }

func (remarkNotes) wanted(it *item) bool {
	return len(it.job.Steps.Remarks) > 0 && !it.job.Steps.Omitted.Has(plan.OmitRemarks)
}

func (remarkNotes) state(st *jobs.Steps) (int64, *jobs.Intent) { return st.RemarkID, st.RemarkIntent }

func (remarkNotes) put(st *jobs.Steps, id int64, i *jobs.Intent) {
	st.RemarkID, st.RemarkIntent = id, i
}

func (n remarkNotes) mark(it *item) string { return n.fingerprint(bulk.PlainLines(n.text(it))) }

func (n remarkNotes) send(ctx context.Context, items []*item) ([]bulk.Made, error) {
	return n.sendTexts(ctx, items, n.text)
}

func (n remarkNotes) find(ctx context.Context, it *item) ([]int64, error) {
	return n.findText(ctx, it, it.job.Steps.RemarkIntent, n.text(it))
}

// leaveOut does without the note: the inbox says the same.
func (remarkNotes) leaveOut(it *item, _ crm.Answer) {
	it.job.Steps.Omitted.Add(plan.OmitRemarks, request.Problem{})
}

func (n remarkNotes) text(it *item) string {
	head, held := "Left out of this deal, as it can't be taken over the way the rule gives it:", "It held:"
	if n.deps.Text != nil {
		head, held = n.deps.Text(n.lang, "firing.note.head"), n.deps.Text(n.lang, "firing.note.confirmedAt")
	}
	list := it.job.Steps.Remarks
	share := max(request.MaxComment/len(list)-500, 100)
	var b strings.Builder
	b.WriteString(head)
	for _, p := range list {
		b.WriteString("\n\n" + p.Path + ": " + n.problemText(n.lang, p))
		if p.Given != "" {
			b.WriteString("\n" + held + " " + runes.Shorten(p.Given, share))
		}
	}
	return runes.First(b.String(), request.MaxComment)
}

// problemText is a problem in a language.
func (w *Worker) problemText(lang string, p request.Problem) string {
	if w.deps.Problem == nil {
		return p.Detail
	}
	return w.deps.Problem(lang, p)
}
