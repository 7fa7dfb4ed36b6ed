package ledger

import (
	"cmp"
	"time"
)

// Kind is one sort of jobs: how they are ordered and kept. Nothing of it may be changed while jobs are stored but its bounds.
type Kind[P, S any] struct {
	Name string // part of every key
	// Order is what a job's request is ordered by, "0" for nothing.
	Order func(P) string
	// Objects are what a job has made in other systems, as it claims them (Writes.ClaimObject).
	Objects func(S) []string

	Lease       time.Duration // of a claim; renewed while it is worked on
	RepeatFor   time.Duration // for which a repeat is recognised
	KeepDone    time.Duration
	KeepFailed  time.Duration // dropped ones, too
	KeepObjects time.Duration // for which it is remembered who has claimed an object
	MaxBatch    int           // jobs of one claim
	MaxWaiting  int           // unfinished jobs of one tenant
	MaxFinished int           // finished ones
	MaxRefused  int           // refused ones among them
	MaxRecent   int           // newest jobs of an order that are found by it
	MaxRepeats  int           // jobs of an order within RepeatsFor
	RepeatsFor  time.Duration
	Counted     map[string]bool // codes of reasons that every try may repeat: one line of the timeline counts them
}

// State is where a job stands.
type State string

// States of a job; see the package comment for the ways between them.
const (
	StateAccepted State = "accepted"
	StateWorking  State = "working"
	StateHeld     State = "held"
	StateDone     State = "done"
	StateFailed   State = "failed"
	StateDropped  State = "dropped"
)

// AtRest reports whether nothing more happens to the job unless a person does something.
func (s State) AtRest() bool {
	return s == StateDone || s == StateFailed || s == StateHeld || s == StateDropped
}

// Finished reports whether a worker has ended the job.
func (s State) Finished() bool { return s == StateDone || s == StateFailed }

// States are all states, in the order in which a person asks for them.
var States = []State{StateFailed, StateHeld, StateAccepted, StateWorking, StateDone, StateDropped}

// Label is what sets a job apart from others of its state, so that it can be asked for.
type Label string

const (
	LabelRemarks Label = "remarks" // done, but something was left out
	LabelRefused Label = "refused" // failed from the beginning: it can't be carried out as it stands
)

// Labels are all labels, in the order in which a person asks for them.
var Labels = []Label{LabelRefused, LabelRemarks}

func (l Label) state() State {
	if l == LabelRemarks {
		return StateDone
	}
	return StateFailed
}

// Job is one accepted job: P is its request, S what has been done of it, R a problem of it. Times are those of Redis.
type Job[P, S, R any] struct {
	V         int // the form in which it is stored
	ID        string
	Tenant    string
	State     State
	Label     Label
	Why       Reason // why it waits, is held, has failed or was dropped
	Problems  []R    // what was refused or, of a done one, left out
	Request   P
	Steps     S
	Order     string // jobs of one order are worked off one after the other; "0" is none
	Attempts  int    // tries that ended in anything but waiting
	Waits     int    // postponements in a row
	Repeats   int    // further ones that this job stands for (Kind.MaxRepeats)
	CreatedAt time.Time
	Since     time.Time // of the last start: acceptance, or a person's restart
	UpdatedAt time.Time
	DueAt     time.Time // next try; zero when at rest
	Timeline  []Line    // oldest first, at most 61
	Mark      string    // kept as it was given at its acceptance

	cut   int // lines that are left out of the timeline
	seq   int64
	claim string
	rev   string // another one after every change of state or steps
}

// Started is since when the job is on its way.
func (j Job[P, S, R]) Started() time.Time { return cmp.Or(j.Since, j.CreatedAt) }

// Line is one line of a job's timeline. What every try repeats is one line: Times is how often, Last when it came last, and
// Next when the next try is due, while one is. LeftOut is how many lines were too many and are not kept, here.
type Line struct {
	At      time.Time `json:"at"`
	Text    Reason    `json:"text"`
	Times   int       `json:"times,omitempty"` // 0 or 1: once
	Last    time.Time `json:"last,omitzero"`
	Next    time.Time `json:"next,omitzero"`
	LeftOut int       `json:"left_out,omitempty"`
}

// Counts counts a tenant's jobs by state, and those with a label.
type Counts struct {
	Accepted, Working, Held, Failed, Done, Dropped int

	Remarks int // of Done
	Refused int // of Failed

	RemarksToday int // of Remarks, within the last 24 hours
}

// Waiting is everything that is still to be done.
func (c Counts) Waiting() int { return c.Accepted + c.Working + c.Held }

// Outcome is how a worker leaves a job.
type Outcome[R any] struct {
	Label    Label
	State    State         // accepted means: postponed by After
	After    time.Duration // until the next try
	Why      Reason
	Problems []R
	Tried    bool // a postponement that counts as an attempt
}

// line is what the timeline holds of an outcome.
func (o Outcome[R]) line() Reason {
	code := string(o.State)
	switch {
	case o.State == StateAccepted && o.Why != "":
		code = codeWaits
	case o.State == StateDone && o.Why != "":
		code = "done_why"
	}
	return Because(code, "", o.Why)
}
