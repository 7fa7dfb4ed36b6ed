package jobs

import (
	"time"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/ledger"
)

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
func (i *Intent) Start() time.Time {
	if i.From.IsZero() {
		return i.At
	}
	return i.From
}
