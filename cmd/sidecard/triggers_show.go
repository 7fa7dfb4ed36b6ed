package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/runes"
)

type triggersListCmd struct {
	State  string `enum:",failed,refused,held,accepted,working,done,remarks,dropped" default:"" help:"Only these: failed, refused (of the failed: the rule can't be carried out), held, accepted, working, done, remarks (of the done: something was left out) or dropped."`
	Ticket int64  `help:"Only those of this ticket."`
	Text   string `help:"Part of a run's id, ticket, deal name or reason."`
	Limit  int    `default:"50" help:"At most so many, up to 200."`
	Before string `help:"Go on from here, as the last line of a list says."`
}

func (cmd *triggersListCmd) do(ctx context.Context, i inbox) error {
	if cmd.Limit < 1 || cmd.Limit > ledger.MaxPage {
		return fmt.Errorf("--limit: %d, expected 1 to %d", cmd.Limit, ledger.MaxPage)
	}
	p, err := i.service.Inbox(ctx, i.tenant.ID, rules.Query{
		State: ledger.State(cmd.State), Label: ledger.Label(cmd.State), Ticket: cmd.Ticket, Text: cmd.Text, Limit: cmd.Limit, Before: cmd.Before,
	})
	if err != nil {
		return err
	}
	if i.json {
		out := shownList{Next: p.Next, Cut: p.Cut, Removed: p.Trimmed.Count, Firings: []shown{}}
		for _, e := range p.Jobs {
			out.Firings = append(out.Firings, i.shownJob(e))
		}
		return i.encode(out)
	}
	w := tabwriter.NewWriter(i.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tUPDATED\tTICKET\tDEAL\tATTEMPTS\tREASON")
	for _, e := range p.Jobs {
		deal := ""
		if e.Steps.LeadID != 0 {
			deal = strconv.FormatInt(e.Steps.LeadID, 10)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t%s\n", e.ID, stateOf(e), e.UpdatedAt.Format(time.DateTime), e.Request.TicketID, deal,
			e.Attempts, runes.OneLine(reasonOf(e)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	c := p.Counts
	fmt.Fprintf(i.out, "\n%d failed, %d held, %d accepted, %d working, %d done, %d dropped; of these %d refused, %d with remarks",
		c.Failed, c.Held, c.Accepted, c.Working, c.Done, c.Dropped, c.Refused, c.Remarks)
	if p.Trimmed.Count > 0 {
		fmt.Fprintf(i.out, "; %d older ones were removed since %s", p.Trimmed.Count, p.Trimmed.Since.Format(time.DateOnly))
	}
	if p.Cut {
		fmt.Fprint(i.out, "\nOnly 2,000 were looked through.")
	}
	if p.Next != "" {
		fmt.Fprintf(i.out, "\nMore: --before %s", p.Next)
	}
	_, err = fmt.Fprintln(i.out)
	return err
}

type triggersShowCmd struct {
	ID string `arg:"" help:"Id of the run."`
}

func (cmd *triggersShowCmd) do(ctx context.Context, i inbox) error {
	e, err := i.service.Get(ctx, i.tenant.ID, cmd.ID)
	if err != nil {
		return err
	}
	if i.json {
		return i.encode(i.shownJob(e))
	}
	w := tabwriter.NewWriter(i.out, 0, 0, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(w, "%s\t%s\n", name, runes.OneLine(fmt.Sprint(value))) }
	line("id", e.ID)
	line("state", stateOf(e))
	if why := reasonOf(e); why != "" {
		line("reason", why)
	}
	line("ticket", e.Request.TicketID)
	line("attempts", e.Attempts)
	if e.Steps.ContactID != 0 {
		line("contact", e.Steps.ContactID)
	}
	if e.Steps.LeadID != 0 {
		line("deal", fmt.Sprintf("%d %s", e.Steps.LeadID, i.tenant.Present(e.Steps.LeadURL)))
	}
	heading := map[ledger.Label]string{ledger.LabelRemarks: "left out", ledger.LabelRefused: "mistake"}[e.Label]
	for _, p := range e.Problems {
		text := p.Path + ": " + p.Detail
		if p.Given != "" {
			text += "; it held: " + p.Given
		}
		line(cmp.Or(heading, "amoCRM said"), text)
	}
	for _, c := range e.Steps.Candidates {
		line("may be deal", fmt.Sprintf("%d %q %s", c.LeadID, c.Name, i.tenant.Present(c.URL)))
	}
	for _, l := range e.Timeline {
		line(l.At.Format(time.DateTime), said(l))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	text, err := e.Request.Text()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(i.out, harmless(text))
	return err
}

// said is what a line of the timeline says, how often, when last, and when it is tried again.
func said(l ledger.Line) string {
	var more []string
	if l.Times > 1 {
		more = append(more, fmt.Sprintf("%d times, last %s", l.Times, l.Last.Format(time.DateTime)))
	}
	if !l.Next.IsZero() {
		more = append(more, "next try "+l.Next.Format(time.DateTime))
	}
	if len(more) == 0 {
		return jobs.English(l.Text)
	}
	return jobs.English(l.Text) + " (" + strings.Join(more, "; ") + ")"
}

// shown is a job as --json prints it.
type shown struct {
	ID         string            `json:"id"`
	State      ledger.State      `json:"state"`
	Label      ledger.Label      `json:"label,omitempty"`
	Reason     string            `json:"reason,omitempty"`
	Repeats    int               `json:"repeats,omitempty"`
	Problems   []request.Problem `json:"problems,omitempty"`
	Attempts   int               `json:"attempts"`
	ContactID  int64             `json:"contact_id,omitempty"`
	LeadID     int64             `json:"lead_id,omitempty"`
	LeadURL    string            `json:"lead_url,omitempty"`
	Candidates []jobs.Candidate  `json:"candidates,omitempty"`
	CreatedAt  time.Time         `json:"created_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
	Timeline   []ledger.Line     `json:"timeline,omitempty"`
	Request    request.Request   `json:"request"`
}

type shownList struct {
	Firings []shown `json:"firings"`
	Next    string  `json:"next,omitempty"`
	Cut     bool    `json:"cut,omitempty"`
	Removed int     `json:"removed,omitempty"`
}

func (i inbox) shownJob(e jobs.Job) shown {
	candidates := slices.Clone(e.Steps.Candidates)
	for n := range candidates {
		candidates[n].URL = i.tenant.Present(candidates[n].URL)
	}
	return shown{
		ID: e.ID, State: e.State, Label: e.Label, Reason: jobs.English(e.Why), Repeats: e.Repeats, Problems: e.Problems, Attempts: e.Attempts, ContactID: e.Steps.ContactID,
		LeadID: e.Steps.LeadID, LeadURL: i.tenant.Present(e.Steps.LeadURL), Candidates: candidates, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
		Timeline: jobs.InEnglish(e.Timeline), Request: e.Request,
	}
}

// stateOf is an entry's label, if it has one: it says more.
func stateOf(e jobs.Job) string { return cmp.Or(string(e.Label), string(e.State)) }

func reasonOf(e jobs.Job) string {
	if e.Repeats > 0 {
		return fmt.Sprintf("%s (and %d times more)", e.Why, e.Repeats)
	}
	return jobs.English(e.Why)
}

// harmless keeps what people wrote from steering the terminal.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}
