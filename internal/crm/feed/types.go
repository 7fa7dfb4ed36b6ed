// Package feed shows what happened in a deal, notes and events merged, and writes comments. It refuses to know languages: a
// sentence is a key of the catalogue with arguments.
//
// Invariants:
//   - Going back in a feed shows everything once, whatever happens meanwhile: the time decides, not the page.
//   - An event that only announces a note is left out where the note is shown.
//   - A comment whose answer was lost is not sent again while nobody is sure that it did not arrive.
package feed

import (
	"time"

	"github.com/sidecard/sidecard/internal/crm"
)

// Feed is what happened in a deal, newest first.
type Feed struct {
	Items   []Item
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

// Item is a note or an event. Text is free text of people; Key with Args is a sentence of the catalogue, empty when
// Text says it all. Args holds only strings and float64 (they go through JSON); keys ending in "_at" are Unix seconds.
type Item struct {
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

// Feeds are those of an account's deals.
type Feeds struct{ account *crm.Account }

// New returns the feeds of an account.
func New(a *crm.Account) *Feeds { return &Feeds{a} }
