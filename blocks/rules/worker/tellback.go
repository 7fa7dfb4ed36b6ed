package worker

import (
	"context"
	"errors"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/internal/tenant"
)

const (
	tellWithin = 5 * time.Second
	maxReason  = 500 // characters of a reason in a comment
)

// tellBack writes the outcome of a job to its ticket as a private comment, when the tenant wants that: once for each
// outcome, so a job that failed and was retried with success has two. It never holds up more than five seconds and
// never changes the outcome; what goes wrong is a line in the timeline.
//
// The intent is stored before the comment is sent. A comment whose answer was lost is looked for in the ticket and never
// sent again.
func (w *Worker) tellBack(ctx context.Context, e *jobs.Job, o jobs.Outcome) {
	if w.deps.Text == nil || !o.State.Finished() || o.State == ledger.StateDone && (e.Steps.Skipped || e.Steps.LeadURL == "") {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWithin)
	defer cancel()
	t, err := w.deps.Tenants.Get(ctx, e.Tenant)
	if err == nil && (!t.Settings.CommentBack || t.DeskToken == "") || errors.Is(err, tenant.ErrNotFound) {
		return
	}
	var desk Desk
	if err == nil {
		desk, err = w.deps.Desk(t)
	}
	if err == nil {
		err = w.comment(ctx, desk, e, o.State, w.outcomeHTML(t, *e, o))
	}
	if err == nil || errors.Is(err, ledger.ErrClaimLost) {
		return
	}
	w.deps.Log.WarnContext(ctx, "outcome of a firing not told to the helpdesk", "tenant", e.Tenant, "firing", e.ID, "error", err)
	if err := w.deps.Ledger.Record(context.WithoutCancel(ctx), *e, "=not_told"); err != nil {
		w.deps.Log.WarnContext(ctx, "timeline not written", "tenant", e.Tenant, "firing", e.ID, "error", err)
	}
}

// comment sends the comment of an outcome unless that may have been done before.
func (w *Worker) comment(ctx context.Context, desk Desk, e *jobs.Job, outcome ledger.State, message string) error {
	st := &e.Steps
	if st.Told == outcome {
		return w.findComment(ctx, desk, e, nil)
	}
	before := *st
	var known usedesk.Ticket
	if before.Told != "" { // that outcome's comment has the same marker
		var err error
		if known, err = desk.Ticket(ctx, e.Request.TicketID); err != nil {
			return err
		}
	}
	st.Told, st.CommentID = outcome, 0
	if err := w.deps.Ledger.Record(ctx, *e, "=telling"); err != nil {
		return err
	}
	id, err := desk.CreateComment(ctx, usedesk.CommentInput{TicketID: e.Request.TicketID, Message: message, Silent: true})
	switch {
	case errors.Is(err, usedesk.ErrUnknownOutcome), errors.Is(err, usedesk.ErrUpstream):
		return w.findComment(ctx, desk, e, known.Comments)
	case err != nil: // it was surely not written
		st.Told, st.CommentID = before.Told, before.CommentID
		return err
	}
	st.CommentID = id
	return nil
}

// findComment looks once for an outcome's comment whose id is not known, among those that were not there before.
func (w *Worker) findComment(ctx context.Context, desk Desk, e *jobs.Job, before []usedesk.Comment) error {
	if e.Steps.CommentID != 0 {
		return nil
	}
	ticket, err := desk.Ticket(ctx, e.Request.TicketID)
	if err != nil {
		return err
	}
	for _, c := range ticket.Comments {
		old := slices.ContainsFunc(before, func(b usedesk.Comment) bool { return b.ID == c.ID })
		if !old && strings.Contains(c.Message, jobs.Marker(e.ID)) {
			e.Steps.CommentID = max(e.Steps.CommentID, c.ID) // the newest
		}
	}
	return nil
}

// outcomeHTML is the comment: what happened, the deal's link, and the line by which Service.causedBy knows it.
func (w *Worker) outcomeHTML(t tenant.Tenant, e jobs.Job, o jobs.Outcome) string {
	lang := t.Language()
	var b strings.Builder
	line := func(inner string) { b.WriteString("<p>" + inner + "</p>") }
	switch {
	case o.State == ledger.StateFailed:
		line(html.EscapeString(w.deps.Text(lang, "tellback.failed", "Reason", runes.Shorten(jobs.English(o.Why), maxReason))))
	case e.Steps.Attached:
		line(html.EscapeString(w.deps.Text(lang, "tellback.attached")))
	default:
		line(html.EscapeString(w.deps.Text(lang, "tellback.done")))
	}
	if e.Steps.LeadURL != "" {
		url := html.EscapeString(e.Steps.LeadURL)
		line(`<a href="` + url + `" target="_blank" rel="noopener">` + url + `</a>`)
	}
	if o.Label == ledger.LabelRemarks {
		said := make([]string, len(o.Problems))
		for i, p := range o.Problems {
			said[i] = p.Path + ": " + w.problemText(lang, p)
		}
		line(html.EscapeString(w.deps.Text(lang, "tellback.remarks", "Remarks", runes.Shorten(strings.Join(said, "; "), maxReason))))
	}
	line(jobs.Marker(e.ID))
	return b.String()
}
