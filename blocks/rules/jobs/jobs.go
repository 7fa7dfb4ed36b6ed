package jobs

import (
	"strconv"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/ledger/dispatch"
	"github.com/sidecard/sidecard/internal/store"
)

// Bounds of the ledger.
const (
	MaxBatch   = 50 // also the most that leads/complex takes (amocrm.md §5.3)
	MaxRepeats = 20 // jobs of one ticket within an hour
)

type (
	// Ledger keeps the jobs of all tenants.
	Ledger = ledger.Ledger[request.Request, Steps, request.Problem]
	// Queue gives the jobs that are due to a worker.
	Queue = dispatch.Dispatcher[request.Request, Steps, request.Problem]
	// Job is one accepted request of a rule.
	Job = ledger.Job[request.Request, Steps, request.Problem]
	// Outcome is how a worker leaves a job.
	Outcome = ledger.Outcome[request.Problem]
	// Batch is a claim of jobs.
	Batch = ledger.Batch[request.Request, Steps, request.Problem]
	// Offer is a job to be accepted.
	Offer = ledger.Offer[request.Request, Steps, request.Problem]
	// Change is what a person changes of a job.
	Change = ledger.Change[request.Request, Steps]
	// Query selects jobs of a tenant.
	Query = ledger.Query[request.Request, Steps, request.Problem]
	// Page is a part of a tenant's list of jobs.
	Page = ledger.Page[request.Request, Steps, request.Problem]
)

// NewLedger returns the ledger of jobs in db. A claim that shows no life for lease is given to the next worker.
func NewLedger(db *store.DB, lease time.Duration) *Ledger {
	return ledger.New[request.Request, Steps, request.Problem](db, ledger.Kind[request.Request, Steps]{
		Name:  "fire",
		Order: func(r request.Request) string { return Order(r.TicketID) },
		Objects: func(s Steps) []string {
			return []string{DealObject(s.LeadID), Object("note", s.NoteID), Object("task", s.TaskID)}
		},
		Lease: lease, RepeatFor: 24 * time.Hour, KeepDone: 7 * 24 * time.Hour, KeepFailed: 90 * 24 * time.Hour, KeepObjects: 30 * 24 * time.Hour,
		MaxBatch: MaxBatch, MaxWaiting: 20_000, MaxFinished: 10_000, MaxRefused: 5_000, MaxRecent: 20,
		MaxRepeats: MaxRepeats, RepeatsFor: time.Hour, Counted: counted,
	})
}

// Order is what the jobs of a ticket wait for each other by.
func Order(ticketID int64) string { return strconv.FormatInt(ticketID, 10) }

// Editable reports whether a person may replace the job's request: it waits for a person or a login, and no deal can have
// come of it yet.
func Editable(j Job) bool {
	st := j.Steps
	return (j.State == ledger.StateFailed || j.State == ledger.StateHeld) &&
		st.LeadID == 0 && st.LeadIntent == nil && len(st.Candidates) == 0
}

// Remarks are what is left out of the job's deal, as far as that is known by now.
func Remarks(j Job) []request.Problem { return request.Merged(j.Steps.Remarks, j.Request.Remarks) }

// Object is how the ledger knows what a job has made in the CRM, by its kind and id.
func Object(kind string, id int64) string { return kind + ":" + strconv.FormatInt(id, 10) }

// DealObject is Object of a deal.
func DealObject(id int64) string { return strconv.FormatInt(id, 10) }
