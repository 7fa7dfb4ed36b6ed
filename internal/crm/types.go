package crm

import (
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/money"
)

// People is the first screen: the contacts of a client with their deals.
type People struct {
	Contacts []Person // linked first, then those with open deals, then the most recently updated
	Linked   int64    // the linked contact's id, 0 for none
	LinkGone bool     // a link was dropped because its contact is gone from the CRM; what follows is a new search
	Keyless  bool     // the client has neither a usable phone nor a usable e-mail: only a manual search can find him
	At       time.Time
	Stale    bool
	Err      error `json:"-"` // why the data is stale
}

// Person is a contact of the CRM.
type Person struct {
	ID          int64
	Name        string
	URL         string
	Position    string
	Company     string // empty when the contact has none or its name could not be read
	CompanyID   int64
	CompanyURL  string
	Responsible string
	Phones      []string // as stored in the CRM
	Emails      []string
	Tags        []string
	Matched     []Match
	Deals       []Deal // open ones first, each group newest update first
	MoreDeals   int    // how many further deals there are that were not read
	DealsErr    error  `json:"-"` // why Deals is empty although there are deals
	UpdatedAt   time.Time
}

// Why a person is shown.
const (
	MatchPhone      = "phone"
	MatchEmail      = "email"
	MatchLink       = "link"
	MatchRemembered = "remembered" // made for this client less than a day ago
)

// Match says which key found a person. Value is the phone or e-mail as it stands in the CRM, empty for a link.
type Match struct{ Kind, Value string }

// States of a deal.
const (
	DealOpen = "open"
	DealWon  = "won"
	DealLost = "lost"
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
	Extra                DealExtra  // what the tenant's list layout asks for besides
}

// DealCard is a deal with everything that can be said about it.
type DealCard struct {
	Deal
	Fields     []Shown
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

// Shown is a custom field that has a value. Text has one element per value; dates and times are in the account's time
// zone. URL is set when the value is one.
type Shown struct {
	ID       int64
	Name     string
	Type     string // amoCRM's name of the type
	Text     []string
	URL      string
	Currency string // of a monetary field
	Parts    []Part // what a compound value says besides its name
}

// Part is a line of a compound value; Key is the catalogue key of its label, "" for a value that needs none.
type Part struct{ Key, Value string }

// Named is an entity of the CRM with the address of its card. Name is empty when it could not be read.
type Named struct {
	ID        int64
	Name, URL string
	Main      bool
}

// Feed is what happened in a deal, newest first.
type Feed struct {
	Items   []FeedItem
	Partial bool   // notes or events could not be read; the other half is here
	Older   string // where FeedOlder goes on, "" at the beginning of the deal
	At      time.Time
	Stale   bool
	Err     error `json:"-"`
}

// Kinds of a feed item.
const (
	KindComment     = "comment"
	KindCall        = "call"
	KindSMS         = "sms"
	KindMail        = "mail"
	KindService     = "service"
	KindStatus      = "status"
	KindResponsible = "responsible"
	KindPrice       = "price"
	KindName        = "name"
	KindField       = "field"
	KindTag         = "tag"
	KindTask        = "task"
	KindLink        = "link"
	KindCreated     = "created"
	KindOther       = "other"
)

// FeedItem is a note or an event. Text is free text of people; Key with Args is a sentence of the catalogue, empty when
// Text says it all. Args holds only strings and float64 (they go through JSON); keys ending in "_at" are Unix seconds.
type FeedItem struct {
	ID       string
	Kind     string
	Author   string // empty: robot, integration, or the CRM does not tell
	At       time.Time
	Text     string
	Key      string
	Args     map[string]any
	Mine     bool // a comment that was written from the helpdesk
	Duration int  // of a call, seconds
	Link     string
}

// ContactDraft is the form of a new contact.
type ContactDraft struct {
	Name          string
	Phones        []string
	Emails        []string
	Position      string
	Company       string
	Messengers    []helpdesk.Messenger
	Sites         []string
	ResponsibleID int64
	Fields        map[int64][]string // custom fields that a mapping fills, by field id
	Others        []int64            // contacts with one of its phones or e-mails that the person has seen, and means another
}

// DealDraft is the form of a new deal. Fields holds the form's strings by field id. Amounts are as they were typed, in
// the writing of Lang; a blank Price is none.
type DealDraft struct {
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

// DealForm is what the form of a new deal offers.
type DealForm struct {
	Pipelines []amocrm.Pipeline // not archived, without Unsorted
	Users     []amocrm.User     // those that may be responsible; empty when the connection may not read users
	Currency  string
	Draft     DealDraft
}
