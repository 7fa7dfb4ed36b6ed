package rules

import "time"

// State is where an entry stands.
type State string

// States of an entry; see the package comment for the ways between them.
const (
	StateAccepted State = "accepted"
	StateWorking  State = "working"
	StateHeld     State = "held"
	StateDone     State = "done"
	StateFailed   State = "failed"
	StateDropped  State = "dropped"
)

// Settled says that nothing more happens to the entry unless a person does something.
func (s State) Settled() bool {
	return s == StateDone || s == StateFailed || s == StateHeld || s == StateDropped
}

// Entry is one accepted rule firing. Times are those of Redis.
type Entry struct {
	V         int
	ID        string
	Tenant    string
	State     State
	Label     Label
	Why       Reason    // why it waits, is held, has failed or was dropped
	Problems  []Problem // what was refused or, of a done one, left out, by path into the rule's body
	Request   Request
	Steps     Steps
	LeadURL   string // address of the deal's card, empty until there is one
	Attempts  int    // tries that ended in anything but waiting
	Waits     int    // postponements in a row
	Repeats   int    // further firings of a loop that this entry stands for
	CreatedAt time.Time
	Since     time.Time // of the last start: acceptance, or a person's retry
	UpdatedAt time.Time
	DueAt     time.Time // next try; zero when settled
	Timeline  []Line    // oldest first, at most 61

	cut   int // lines that are left out of the timeline
	seq   int64
	claim string
	mark  string // Deps.Mark of its acceptance
	rev   string // another one after every change of state or steps
}

// started is since when the entry is on its way.
func (e Entry) started() time.Time {
	if e.Since.IsZero() {
		return e.CreatedAt
	}
	return e.Since
}

// Editable says that a person may replace the entry's request: it waits for a person or a login, and no deal can have come
// of it yet.
func (e Entry) Editable() bool {
	st := e.Steps
	return (e.State == StateFailed || e.State == StateHeld) &&
		st.LeadID == 0 && st.LeadIntent == nil && len(st.Candidates) == 0
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

	Attached  bool  `json:"attached,omitempty"` // LeadID is a deal that was open before
	Skipped   bool  `json:"skipped,omitempty"`  // LeadID is an open deal for which nothing was to be done
	TaskID    int64 `json:"task_id,omitempty"`
	CommentID int64 `json:"comment_id,omitempty"` // helpdesk comment that tells of the outcome
	Told      State `json:"told,omitempty"`       // outcome that the helpdesk was told, or may have been
	// Candidates are deals of which each may be the one whose answer was lost: a person has to say.
	Candidates []Candidate `json:"candidates,omitempty"`

	Remarks  []Problem  `json:"remarks,omitempty"` // what was left out of the deal
	Omitted  []Omission `json:"omitted,omitempty"` // what of that the CRM has refused
	Judged   bool       `json:"judged,omitempty"`  // ids that the account does not have are left out, too
	RemarkID int64      `json:"remark_id,omitempty"`

	LeadIntent   *Intent `json:"lead_intent,omitempty"`
	TaskIntent   *Intent `json:"task_intent,omitempty"`
	NoteIntent   *Intent `json:"note_intent,omitempty"`
	RemarkIntent *Intent `json:"remark_intent,omitempty"`
}

// Candidate is a deal that may be an entry's.
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

	Cause    Reason    `json:"cause,omitempty"` // why the answer is not known
	Until    time.Time `json:"until,omitzero"`  // before that the CRM may still be at it
	From     time.Time `json:"from,omitzero"`   // since when it is looked for, when Redis' clock was set back behind At
	Looks    int       `json:"looks,omitempty"`
	LookedAt time.Time `json:"looked_at,omitzero"`
}

// from is since when the write is looked for.
func (i *Intent) from() time.Time {
	if i.From.IsZero() {
		return i.At
	}
	return i.From
}

// Line is one line of an entry's timeline. What every try says again is one line: Times is how often, Last when it was said
// last, and Next when the next try is due, while one is. LeftOut is how many lines were too many and are not kept, here.
type Line struct {
	At      time.Time `json:"at"`
	Text    Reason    `json:"text"`
	Times   int       `json:"times,omitempty"` // 0 or 1: once
	Last    time.Time `json:"last,omitzero"`
	Next    time.Time `json:"next,omitzero"`
	LeftOut int       `json:"left_out,omitempty"`
}

// Counts says how many entries of a tenant are in each state, and how many of them have a label.
type Counts struct {
	Accepted, Working, Held, Failed, Done, Dropped int

	Remarks int // of Done
	Refused int // of Failed

	RemarksToday int // of Remarks, within the last 24 hours
}

// Waiting is everything that is still to be sent.
func (c Counts) Waiting() int { return c.Accepted + c.Working + c.Held }

// Label is what sets an entry apart from others of its state, so that it can be asked for.
type Label string

// Labels of entries.
const (
	LabelRemarks Label = "remarks" // done, but something was left out
	LabelRefused Label = "refused" // failed from the beginning: the rule can't be carried out as it stands
)

// state is that of the entries with a label.
func (l Label) state() State {
	if l == LabelRemarks {
		return StateDone
	}
	return StateFailed
}

// Labels are all labels, in the order in which a person asks for them.
var Labels = []Label{LabelRefused, LabelRemarks}

// Outcome is how a worker leaves an entry.
type Outcome struct {
	Label    Label
	State    State         // accepted means: postponed by After
	After    time.Duration // until the next try
	Why      Reason
	Problems []Problem
	Tried    bool // a postponement that counts as an attempt
}

// line is what the timeline says of an outcome.
func (o Outcome) line() Reason {
	code := string(o.State)
	switch {
	case o.State == StateAccepted && o.Why != "":
		code = "waits"
	case o.State == StateDone && o.Why != "":
		code = "done_why"
	}
	return because(code, "", o.Why)
}

// Remarks are what is left out of the entry's deal, as far as that is known by now.
func (e Entry) Remarks() []Problem { return merged(e.Steps.Remarks, e.Request.Remarks) }
