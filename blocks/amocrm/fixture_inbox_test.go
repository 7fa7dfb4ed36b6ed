package amocrm

import (
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

// fired puts a job of the tenant into the inbox that came to its end some time ago.
func (w *fixture) fired(since time.Duration, r request.Request, steps jobs.Steps, o jobs.Outcome) jobs.Job {
	w.t.Helper()
	return w.firedFor("t1", since, r, steps, o)
}

func (w *fixture) firedFor(tenantID string, since time.Duration, r request.Request, steps jobs.Steps, o jobs.Outcome) jobs.Job {
	w.t.Helper()
	w.redis.SetTime(ago(since))
	defer w.redis.SetTime(now)
	l := jobs.NewLedger(w.db, time.Minute)
	e, _, err := l.Accept(w.t.Context(), tenantID, jobs.Offer{Request: r})
	if err != nil {
		w.t.Fatal(err)
	}
	if o.State == ledger.StateAccepted && o.Why == "" {
		return e
	}
	claimed, err := l.Claim(w.t.Context(), tenantID, 1)
	if err != nil || len(claimed.Jobs) != 1 || claimed.Jobs[0].ID != e.ID {
		w.t.Fatalf("claimed %+v, %v", claimed, err)
	}
	mine := claimed.Jobs[0]
	mine.Steps = steps
	if err := l.Finish(w.t.Context(), mine, o); err != nil {
		w.t.Fatal(err)
	}
	return w.firing(e.ID)
}

func (w *fixture) firing(id string) jobs.Job {
	w.t.Helper()
	for _, tenantID := range []string{"t1", "t2"} {
		if e, err := w.pages.Rules.Get(w.t.Context(), tenantID, id); err == nil {
			return e
		}
	}
	w.t.Fatalf("no firing %s", id)
	return jobs.Job{}
}

func chairs(ticket int64) request.Request {
	return request.Request{
		TicketID: ticket, Comment: "Call +7 999 123-45-67 <b>before</b> noon",
		Fields: request.LeadFields{Name: "Chairs & tables", Price: "85000", PipelineID: 1, StatusID: 12, Custom: []request.CustomField{
			{FieldID: 3, Values: []request.CustomValue{{Value: []byte(`"a"`)}}}}},
	}
}

// refusedFiring is a job that amoCRM has refused.
func (w *fixture) refusedFiring() jobs.Job {
	w.t.Helper()
	return w.fired(2*time.Hour, chairs(101), jobs.Steps{ClientID: 55, ContactID: 7}, jobs.Outcome{
		State: ledger.StateFailed, Why: "=refused_deal|the stage is not of this pipeline",
		Problems: []request.Problem{{Path: "fields.status_id", Code: "NotSupportedChoice", Detail: "The value you selected is not a valid choice."}},
	})
}

// twinFiring is a job of which two deals may have come.
func (w *fixture) twinFiring() jobs.Job {
	w.t.Helper()
	return w.fired(3*time.Hour, chairs(102), jobs.Steps{
		ClientID: 55, LeadIntent: &jobs.Intent{At: ago(3 * time.Hour), ContactID: 7},
		Candidates: []jobs.Candidate{
			{LeadID: 31, Name: "Chairs & tables", URL: "https://example.amocrm.ru/leads/detail/31", CreatedAt: ago(3 * time.Hour)},
			{LeadID: 32, URL: "https://example.amocrm.ru/leads/detail/32", CreatedAt: ago(3 * time.Hour)},
		},
	}, jobs.Outcome{State: ledger.StateFailed, Why: "=twins:2"})
}

// remarkedFiring is a job whose deal was made without some of its values.
func (w *fixture) remarkedFiring(since time.Duration) jobs.Job {
	w.t.Helper()
	left := []request.Problem{
		{Path: "fields.price", Code: "wrong_type", Key: "not_whole", Params: map[string]string{"Given": `"about 500"`},
			Detail: `must be a whole number, not "about 500"`, Remark: true, Given: "about 500"},
		{Path: "fields.name", Code: "too_long", Key: "too_long", Params: map[string]string{"Count": "255"},
			Detail: "may have at most 255 characters", Remark: true, Given: "Call +7 999 123-45-67 about " + strings.Repeat("chairs and tables, ", 15)},
	}
	return w.fired(since, chairs(101), jobs.Steps{ClientID: 55, ContactID: 7, LeadID: 12, LeadURL: "https://example.amocrm.ru/leads/detail/12",
		Remarks: left}, jobs.Outcome{State: ledger.StateDone, Label: ledger.LabelRemarks, Problems: left,
		Why: `=remarks|fields.price: must be a whole number, not "about 500"; fields.name: may have at most 255 characters`})
}

// unreadFiring is a job whose body can't be read.
func (w *fixture) unreadFiring(since time.Duration) jobs.Job {
	w.t.Helper()
	w.redis.SetTime(ago(since))
	defer w.redis.SetTime(now)
	body := []byte(`{"ticketId":"101","fields":{"name":"A screen of 15", call +7 999 123-45-67"}}`)
	_, _, err := request.Bind("application/json", body)
	s := rules.NewService(rules.Deps{Deps: worker.Deps{DB: w.db}})
	e, _, err := s.Refuse(w.t.Context(), tenant.Tenant{ID: "t1"}, request.Refused{ContentType: "application/json", Body: body,
		Problems: request.ProblemsOf(err)})
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// fillInbox leaves a job in every state.
func (w *fixture) fillInbox() {
	w.t.Helper()
	w.fired(50*time.Hour, chairs(90), jobs.Steps{ClientID: 55, ContactID: 7, LeadID: 12, LeadURL: "https://example.amocrm.ru/leads/detail/12"},
		jobs.Outcome{State: ledger.StateDone})
	dropped := w.fired(26*time.Hour, chairs(91), jobs.Steps{}, jobs.Outcome{State: ledger.StateFailed, Why: "=no_ticket:91"})
	w.redis.SetTime(ago(25 * time.Hour))
	if err := w.pages.Rules.Drop(w.t.Context(), "t1", dropped.ID, "The client has called"); err != nil {
		w.t.Fatal(err)
	}
	w.twinFiring()
	w.refusedFiring()
	w.remarkedFiring(27 * time.Hour)
	w.unreadFiring(90 * time.Minute)
	w.fired(5*time.Minute, request.Request{TicketID: 104}, jobs.Steps{},
		jobs.Outcome{State: ledger.StateHeld, Why: "=no_login"})
	w.fired(time.Minute, chairs(105), jobs.Steps{}, jobs.Outcome{
		State: ledger.StateAccepted, After: time.Hour, Why: "=payment"})
}
