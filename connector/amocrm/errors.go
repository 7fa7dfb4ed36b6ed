package amocrm

import (
	"errors"
	"fmt"
	"strings"
)

// Kind sorts what can go wrong by what the caller should do about it.
type Kind string

// Kinds of Error.
const (
	KindInvalid        Kind = "invalid"         // 400, 405, 409, 422: mend the request
	KindUnauthorized   Kind = "unauthorized"    // 401 after a fresh token: log in again
	KindPayment        Kind = "payment"         // 402: the account's tariff has ended
	KindForbidden      Kind = "forbidden"       // 403 with data: the user behind the grant lacks the right
	KindBlocked        Kind = "blocked"         // 403 with a page: the account or address is blocked, stop all calls
	KindNotFound       Kind = "not_found"       // 404, or 204 for a single entity
	KindLimited        Kind = "limited"         // 429
	KindUpstream       Kind = "upstream"        // 5xx, redirects, answers that make no sense
	KindUnknownOutcome Kind = "unknown_outcome" // a write whose answer was lost: it may have been done
	KindNetwork        Kind = "network"         // a read that could not be made, a write that surely was not
	KindFilterOff      Kind = "filter_off"      // the account ignores filters (amocrm.md §4.4)
)

// One sentinel per Kind, for errors.Is.
var (
	ErrInvalid        = errors.New("amocrm: request invalid")
	ErrUnauthorized   = errors.New("amocrm: access refused")
	ErrPayment        = errors.New("amocrm: payment required")
	ErrForbidden      = errors.New("amocrm: right missing")
	ErrBlocked        = errors.New("amocrm: account blocked")
	ErrNotFound       = errors.New("amocrm: not found")
	ErrLimited        = errors.New("amocrm: too many requests")
	ErrUpstream       = errors.New("amocrm: server trouble")
	ErrUnknownOutcome = errors.New("amocrm: outcome unknown")
	ErrNetwork        = errors.New("amocrm: not reached")
	ErrFilterOff      = errors.New("amocrm: filters are not available")
)

var sentinels = map[Kind]error{
	KindInvalid: ErrInvalid, KindUnauthorized: ErrUnauthorized, KindPayment: ErrPayment, KindForbidden: ErrForbidden,
	KindBlocked: ErrBlocked, KindNotFound: ErrNotFound, KindLimited: ErrLimited, KindUpstream: ErrUpstream,
	KindUnknownOutcome: ErrUnknownOutcome, KindNetwork: ErrNetwork, KindFilterOff: ErrFilterOff,
}

// FieldError is one reason of a refused request. Path is amoCRM's dot notation inside the item that RequestID names (its
// request_id, or its index as a string; the entity's id in the "errors" form of amocrm.md §5.4).
type FieldError struct {
	RequestID string `json:"-"`
	Code      string `json:"code"`
	Path      string `json:"path"`
	Detail    string `json:"detail"`
}

// Error is every error of this package that comes from a call. Texts are the server's, cut to a bearable length and free
// of tokens; Detail and Validation[].Detail are in the account's language and may be shown.
type Error struct {
	Op         string // "POST /leads/complex", with "{id}" for ids
	Status     int    // 0 without an answer
	Kind       Kind
	Title      string
	Detail     string
	Hint       string // of the token endpoint (amocrm.md §1.4)
	Validation []FieldError
	RetryAfter int    // seconds, 0 unless the server said
	RequestID  string // X-Request-Id, for amoCRM's support
	cause      error
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "amocrm: %s: %s", e.Op, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (%d)", e.Status)
	}
	for _, text := range []string{e.Hint, e.Detail} {
		if text != "" {
			b.WriteString(": " + text)
		}
	}
	for i, v := range e.Validation {
		if i == 3 {
			fmt.Fprintf(&b, "; and %d more", len(e.Validation)-i)
			break
		}
		fmt.Fprintf(&b, "; %s %s %s", v.Path, v.Code, v.Detail)
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Is matches the sentinel of the error's Kind.
func (e *Error) Is(target error) bool {
	s, ok := sentinels[e.Kind]
	return ok && s == target
}

// Unwrap gives the cause: a context's error, or the error of Auth or Pace.
func (e *Error) Unwrap() error { return e.cause }

// refuse makes the error of a request that is not worth sending.
func refuse(op, format string, args ...any) error {
	return &Error{Op: op, Kind: KindInvalid, Detail: fmt.Sprintf(format, args...)}
}
