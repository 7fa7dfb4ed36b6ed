package deals

import (
	"cmp"
	"slices"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/money"
)

// States of a deal.
const (
	Open = "open"
	Won  = "won"
	Lost = "lost"
)

// Deal is a lead of the CRM. Price is in Currency (ISO 4217, empty when the account does not say).
type Deal struct {
	ID                   int64
	Name, URL            string
	Price                money.Amount
	Currency             string
	Pipeline, Status     string // names; "#id" when the pipeline or stage no longer exists
	Color                string // of the stage, "#rrggbb" in lower case or empty
	PipelineID, StatusID int64
	State                string
	Responsible          string
	CreatedAt, UpdatedAt time.Time
	ClosedAt             *time.Time
	TaskAt               *time.Time // the next open task is due
	ContactIDs           []int64    // main contact first
	Extra                Extra      // what the tenant's list layout asks for besides
}

// Card is a deal with everything that can be said about it.
type Card struct {
	Deal
	Fields     []fields.Shown
	Contacts   []Named
	Companies  []Named
	LossReason string
	// ResponsibleID, LossReasonID and Inputs are for the forms of the card. Inputs holds a form's strings for each custom
	// field that can be changed in place, by its id, empty for one without a value.
	ResponsibleID int64
	LossReasonID  int64
	Inputs        map[int64][]string
	Outside       []int64 // custom fields that people can change on amoCRM's own card alone
	Tags          []string
	At            time.Time
	Stale         bool
	Err           error `json:"-"`
}

// Named is an entity of the CRM with the address of its card. Name is empty when it could not be read.
type Named struct {
	ID        int64
	Name, URL string
	Main      bool
}

// Draft is the form of a new deal. Fields holds the form's strings by field id. Amounts are as they were typed, in
// the writing of Lang; a blank Price is none.
type Draft struct {
	Name          string
	ContactID     int64
	PipelineID    int64
	StatusID      int64
	ResponsibleID int64
	Price         string
	Lang          string // ISO 639
	Fields        map[int64][]string
	NoteText      string
}

// Form is what the form of a new deal offers.
type Form struct {
	Pipelines []amocrm.Pipeline // not archived, without Unsorted
	Users     []amocrm.User     // those that may be responsible; empty when the connection may not read users
	Currency  string
	Draft     Draft
}

// Sort puts open deals first; each group newest update first.
func Sort(deals []Deal) {
	slices.SortStableFunc(deals, func(a, b Deal) int {
		return cmp.Or(
			crm.TrueFirst(a.State == Open, b.State == Open),
			b.UpdatedAt.Compare(a.UpdatedAt),
			cmp.Compare(b.ID, a.ID),
		)
	})
}

// HasOpen reports whether a deal is neither won nor lost.
func HasOpen(deals []Deal) bool {
	return slices.ContainsFunc(deals, func(d Deal) bool { return d.State == Open })
}
