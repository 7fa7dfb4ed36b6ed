// Package jobs is what is stored of a rule's request: the jobs of the ledger (internal/ledger), with the steps that have been done
// of each, and the reasons why one stands as it does.
//
// It refuses to know how a job is accepted and worked off (packages rules and worker).
//
// Invariant: what is stored keeps its form. Members of Steps and Intent are only added; reasons are codes, worded where they are shown.
package jobs

import (
	"cmp"
	"regexp"
	"strconv"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/plan"
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

// StateOf returns what a job's state is called: by its label, if it has one.
func StateOf(j Job) string { return cmp.Or(string(j.Label), string(j.State)) }

var ownMarker = regexp.MustCompile(`\[sidecard:([0-9a-v]{26})\]`)

// Marker is the line by which a comment of ours on a job is known; it survives the way from HTML to text.
func Marker(id string) string { return "[sidecard:" + id + "]" }

// MarkersIn returns the ids of the first n jobs whose marker a text holds.
func MarkersIn(text string, n int) (ids []string) {
	for _, m := range ownMarker.FindAllStringSubmatch(text, n) {
		ids = append(ids, m[1])
	}
	return ids
}

// Steps is what has been done already, so that a later try goes on from there.
type Steps struct {
	ClientID    int64  `json:"client_id,omitempty"`  // helpdesk client
	ContactID   int64  `json:"contact_id,omitempty"` // CRM contact
	ContactMade bool   `json:"contact_made,omitempty"`
	LeadID      int64  `json:"lead_id,omitempty"`
	LeadURL     string `json:"lead_url,omitempty"`
	Remembered  bool   `json:"remembered,omitempty"` // the contact is known for this client from now on
	NoteID      int64  `json:"note_id,omitempty"`

	Attached  bool         `json:"attached,omitempty"` // LeadID is a deal that was open before
	Skipped   bool         `json:"skipped,omitempty"`  // LeadID is an open deal for which nothing was to be done
	TaskID    int64        `json:"task_id,omitempty"`
	CommentID int64        `json:"comment_id,omitempty"` // helpdesk comment that tells of the outcome
	Told      ledger.State `json:"told,omitempty"`       // outcome that the helpdesk was told, or may have been
	// Candidates are deals of which each may be the one whose answer was lost: a person has to say.
	Candidates []Candidate `json:"candidates,omitempty"`

	Remarks  []request.Problem `json:"remarks,omitempty"` // what was left out of the deal
	Omitted  plan.Omissions    `json:"omitted,omitempty"` // what of that the CRM has refused
	Judged   bool              `json:"judged,omitempty"`  // ids that the account does not have are left out, too
	RemarkID int64             `json:"remark_id,omitempty"`

	LeadIntent   *Intent `json:"lead_intent,omitempty"`
	TaskIntent   *Intent `json:"task_intent,omitempty"`
	NoteIntent   *Intent `json:"note_intent,omitempty"`
	RemarkIntent *Intent `json:"remark_intent,omitempty"`
}

// Candidate is a deal that may be a job's.
type Candidate struct {
	LeadID    int64     `json:"lead_id"`
	Name      string    `json:"name"`
	URL       string    `json:"url"`
	CreatedAt time.Time `json:"created_at"`
}

// Intent is a write that was about to be sent and whose outcome is not stored: unknown until it is found in the CRM or
// was looked for long enough.
type Intent struct {
	At        time.Time `json:"at"`
	ContactID int64     `json:"contact_id,omitempty"` // 0: the contact was to be made by the same write
	// What was sent, as far as it tells one write from another. Mark stands for the deal's name, or for the text.
	Mark       string `json:"mark,omitempty"`
	PipelineID int64  `json:"pipeline_id,omitempty"`
	Price      *int64 `json:"price,omitempty"`
	By         int64  `json:"by,omitempty"` // the CRM user who was logged in; 0 when not known

	Cause    ledger.Reason `json:"cause,omitempty"` // why the answer is not known
	Until    time.Time     `json:"until,omitzero"`  // before that the CRM may still be at it
	From     time.Time     `json:"from,omitzero"`   // since when it is looked for, when Redis' clock was set back behind At
	Looks    int           `json:"looks,omitempty"`
	LookedAt time.Time     `json:"looked_at,omitzero"`
}

// Start is since when the write is looked for.
func (i *Intent) Start() time.Time { return cmp.Or(i.From, i.At) }
