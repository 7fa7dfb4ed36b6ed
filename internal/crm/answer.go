package crm

import (
	"errors"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// Why the CRM did not do what it was asked, for errors.Is.
var (
	ErrLimited      = amocrm.ErrLimited      // too many requests
	ErrPayment      = amocrm.ErrPayment      // the account's tariff has ended
	ErrBlocked      = amocrm.ErrBlocked      // the account's API is blocked
	ErrForbidden    = amocrm.ErrForbidden    // the user who logged in lacks the right
	ErrUnauthorized = amocrm.ErrUnauthorized // the token is refused
	ErrUpstream     = amocrm.ErrUpstream     // server trouble
	ErrNetwork      = amocrm.ErrNetwork      // not reached
)

// Answer is what the CRM says of a request that it did not carry out. Its texts may be shown.
type Answer struct {
	Status     int    // 0 without an answer
	Words      string // in the account's language
	RetryAfter time.Duration
	Mistakes   []Mistake
	Invalid    bool // it refuses the request
	NotFound   bool // it has not got what the request is about
	Unknown    bool // nobody knows whether it was carried out
	Cause      error
}

// Mistake is one reason of a refused request: Path leads, in the CRM's dots, into the item that Key names.
type Mistake struct{ Key, Code, Path, Detail string }

// AnswerOf returns the first answer among an error and its causes.
func AnswerOf(err error) (a Answer, ok bool) {
	var e *amocrm.Error
	if !errors.As(err, &e) {
		return Answer{}, false
	}
	a = Answer{Status: e.Status, Words: strings.TrimSpace(e.Title + " " + e.Detail), RetryAfter: time.Duration(e.RetryAfter) * time.Second,
		Invalid: e.Kind == amocrm.KindInvalid, NotFound: e.Kind == amocrm.KindNotFound,
		Unknown: e.Kind == amocrm.KindUnknownOutcome || e.Kind == amocrm.KindUpstream, Cause: e.Unwrap()}
	for _, v := range e.Validation {
		a.Mistakes = append(a.Mistakes, Mistake{Key: v.RequestID, Code: v.Code, Path: v.Path, Detail: v.Detail})
	}
	return a, true
}

// The parts of a vocabulary, and values as its fields take them. They are amoCRM's own: there is one CRM.
type (
	ID         = amocrm.ID
	User       = amocrm.User
	Pipeline   = amocrm.Pipeline
	Status     = amocrm.Status
	Field      = amocrm.Field
	FieldInput = amocrm.FieldInput
	ValueInput = amocrm.ValueInput
	ValueError = amocrm.ValueError
)

// Unsorted reports whether a stage is the one for incoming leads, in which amoCRM makes no deal by itself.
func Unsorted(s Status) bool { return s.Type == amocrm.StatusTypeUnsorted }

// Closed reports whether deals in a stage are won or lost.
func Closed(s Status) bool { return s.ID == amocrm.StatusWon || s.ID == amocrm.StatusLost }

// AddressParts are the codes of the lines of an address.
var AddressParts = amocrm.AddressParts
