package crm

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sidecard/sidecard/connector/amocrm"
)

var (
	// ErrGone means that the CRM has no such contact or deal (any more).
	ErrGone = errors.New("crm: gone from the CRM")
	// ErrNoClient means that the ticket names no client, so nothing can be linked.
	ErrNoClient = errors.New("crm: the ticket has no client")
	// ErrTwin means that a contact with the same phone or e-mail was made meanwhile.
	ErrTwin = errors.New("crm: a contact with this phone or e-mail was made meanwhile")
	// ErrEmptyQuery means that there is nothing to search for.
	ErrEmptyQuery = errors.New("crm: empty query")
	// ErrUnknownOutcome means that a create or a comment was sent, no answer came, and the CRM does not show it yet. The
	// person should look in the CRM before trying again. A second try within a quarter of an hour looks first.
	ErrUnknownOutcome = errors.New("crm: sent, but the CRM has not confirmed it; look in the CRM before sending it again")
	// ErrResting means that the CRM failed several times in a row and is left alone for some seconds.
	ErrResting = errors.New("crm: the CRM is failing, pausing requests")
)

// Catalogue keys of field errors.
const (
	KeyRequired  = "error.required"   // must not be empty
	KeyBadPhone  = "error.bad_phone"  // no phone number
	KeyBadEmail  = "error.bad_email"  // no e-mail address
	KeyBadChoice = "error.bad_choice" // not one of the choices (any more)
	KeyBadValue  = "error.bad_value"  // not of the field's type
	KeyTooLong   = "error.too_long"   // Args: max
	KeyTooMany   = "error.too_many"   // Args: max
	KeyNegative  = "error.negative"   // below zero

	KeyBadAmount      = "error.bad_price"       // not one number
	KeyAmountUnclear  = "error.amount_unclear"  // "1.234": thousands or decimals
	KeyAmountTooFine  = "error.amount_too_fine" // more than two decimals
	KeyAmountTooLarge = "error.amount_too_large"
	KeyAmountCurrency = "error.amount_currency" // Args: currency, the account's
	KeyWholeAmount    = "error.whole_amount"    // the account keeps no cents

	KeyFromTheCRM = "error.crm_refused" // the CRM's own words are in Text
)

// FieldError is one mistake of a form. Path is the form's name of the field: name, price, pipeline_id, status_id,
// responsible_id, contact_id, note, text, position, company, phones.0, emails.1, fields.{field id}; empty for the form as
// a whole. Text is said by the connector or the CRM, in its words; empty when Key says it all.
type FieldError struct {
	Path string
	Key  string
	Args map[string]any
	Text string
}

// FieldErrors refuses a form. Fields is never empty. It unwraps to the CRM's answer when that was it.
type FieldErrors struct {
	Fields []FieldError
	cause  error
}

func (e *FieldErrors) Unwrap() error { return e.cause }

func (e *FieldErrors) Error() string {
	parts := make([]string, 0, len(e.Fields))
	for _, f := range e.Fields {
		parts = append(parts, strings.TrimSpace(f.Path+" "+f.Key+" "+f.Text))
	}
	return "crm: refused: " + strings.Join(parts, "; ")
}

// At returns the first error of a form field.
func (e *FieldErrors) At(path string) (FieldError, bool) {
	return Find(e.Fields, func(f FieldError) bool { return f.Path == path })
}

// MaxNameRunes is amoCRM's limit of a name.
const MaxNameRunes = 255

// Text reports whether a text is there and has at most so many characters. What is wrong with it is added to e.
func (e *FieldErrors) Text(path, text string, limit int) bool {
	if text == "" {
		e.Add(path, KeyRequired, nil)
		return false
	}
	return e.Length(path, text, limit)
}

// Length reports whether a text has at most so many characters. If not, that is added to e.
func (e *FieldErrors) Length(path, text string, limit int) bool {
	ok := utf8.RuneCountInString(text) <= limit
	if !ok {
		e.Add(path, KeyTooLong, map[string]any{"max": float64(limit)})
	}
	return ok
}

// Add adds a mistake of a form.
func (e *FieldErrors) Add(path, key string, args map[string]any) {
	e.Fields = append(e.Fields, FieldError{Path: path, Key: key, Args: args})
}

// OrNil returns e, nil when nothing was added.
func (e *FieldErrors) OrNil() error {
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// AfterCreate comes with a non-zero id: the contact or deal exists, and what should have followed failed. It must not be
// created again.
type AfterCreate struct {
	Step string // "remember", "link", "note"; "company": not found, not made or not joined
	Err  error
}

func (e *AfterCreate) Error() string {
	return fmt.Sprintf("crm: created, but %s failed: %v", e.Step, e.Err)
}

func (e *AfterCreate) Unwrap() error { return e.Err }

// Half is the error of a read that brought only a part of what was asked for.
type Half[T any] struct {
	Got T
	Err error
}

func (h *Half[T]) Error() string { return h.Err.Error() }
func (h *Half[T]) Unwrap() error { return h.Err }

// refusals are the keys for those of amoCRM's codes that have words of ours.
var refusals = map[string]string{"NotSupportedChoice": KeyBadChoice, "InvalidType": KeyBadValue}

// Refused turns amoCRM's refusal of a form into FieldErrors: formPath gives the form's path for amoCRM's. Other errors
// come back as they are.
func Refused(err error, formPath func(string) string) error {
	var e *amocrm.Error
	if !errors.As(err, &e) || e.Kind != amocrm.KindInvalid {
		return err
	}
	out := &FieldErrors{cause: err}
	for _, v := range e.Validation {
		f := FieldError{Path: formPath(v.Path), Key: cmp.Or(refusals[v.Code], KeyFromTheCRM), Text: v.Detail}
		if _, twice := out.At(f.Path); !twice || f.Path == "" {
			out.Fields = append(out.Fields, f)
		}
	}
	if len(out.Fields) == 0 {
		out.Fields = []FieldError{{Key: KeyFromTheCRM, Text: cmp.Or(strings.TrimSpace(e.Detail), e.Title)}}
	}
	return out
}

// Wrap wraps an error with what failed, but leaves FieldErrors bare: they speak for themselves.
func Wrap(what string, err error) error {
	if _, ok := errors.AsType[*FieldErrors](err); ok || err == nil {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

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
