package amocrm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/transport"
	"github.com/sidecard/sidecard/connector/wire"
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

// Unwrap returns the cause: a context's error, or the error of Auth or Limiter.
func (e *Error) Unwrap() error { return e.cause }

// refuse makes the error of a request that is not worth sending.
func refuse(op, format string, args ...any) error {
	return &Error{Op: op, Kind: KindInvalid, Detail: fmt.Sprintf(format, args...)}
}

const (
	maxText    = 500 // runes of one text of an error
	maxReasons = 100 // FieldErrors of one error
)

// problem reads the error bodies of amocrm.md §8.3: validation-errors, the errors map, the plain problem, the token
// endpoint's hint, and pages. secrets are cut out of every text.
func problem(op string, a transport.Answer, secrets ...string) *Error {
	e := &Error{Op: op, Status: a.Status, Kind: kindOf(a), RequestID: wire.Plain(a.Header.Get("X-Request-Id"), 128)}
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		e.RetryAfter = transport.RetryAfter(a, time.Now())
	}
	var body struct {
		Title       wire.Text              `json:"title"`
		Detail      wire.Text              `json:"detail"`
		Hint        wire.Text              `json:"hint"`
		ErrorType   wire.Text              `json:"error_type"`
		Description wire.Text              `json:"error_description"`
		Errors      json.RawMessage        `json:"errors"`
		Validation  wire.List[invalidItem] `json:"validation-errors"`
	}
	if a.HTML() || json.Unmarshal(a.Body, &body) != nil {
		e.Title = http.StatusText(a.Status)
		return e
	}
	clean := func(l wire.Text) string { return wire.Scrub(string(l), maxText, secrets...) }
	e.Title, e.Detail, e.Hint = clean(body.Title), clean(body.Detail), clean(body.Hint)
	if e.Title == "" && e.Detail == "" {
		e.Title, e.Detail = clean(body.ErrorType), clean(body.Description)
	}
	for _, item := range body.Validation {
		for _, r := range item.Errors {
			e.Validation = append(e.Validation, FieldError{clean(item.RequestID), clean(r.Code), clean(r.Path), clean(r.Detail)})
		}
	}
	e.Validation = append(e.Validation, errorsMap(body.Errors, clean)...)
	if len(e.Validation) > maxReasons {
		e.Validation = e.Validation[:maxReasons]
	}
	return e
}

type invalidItem struct {
	RequestID wire.Text          `json:"request_id"`
	Errors    wire.List[invalid] `json:"errors"`
}

type invalid struct {
	Code   wire.Text `json:"code"`
	Path   wire.Text `json:"path"`
	Detail wire.Text `json:"detail"`
}

// errorsMap reads {"<entity id>": "text"} in a stable order; the empty list that goods answers carry gives none.
func errorsMap(raw json.RawMessage, clean func(wire.Text) string) []FieldError {
	var byID map[string]wire.Text
	if !isObject(raw) || json.Unmarshal(raw, &byID) != nil {
		return nil
	}
	var out []FieldError
	for id, text := range byID {
		out = append(out, FieldError{RequestID: wire.Scrub(id, maxText), Detail: clean(text)})
	}
	slices.SortFunc(out, func(a, b FieldError) int { return strings.Compare(a.RequestID, b.RequestID) })
	return out
}

func kindOf(a transport.Answer) Kind {
	switch {
	case a.Status == http.StatusUnauthorized:
		return KindUnauthorized
	case a.Status == http.StatusPaymentRequired:
		return KindPayment
	case a.Status == http.StatusForbidden && a.HTML():
		return KindBlocked
	case a.Status == http.StatusForbidden:
		return KindForbidden
	case a.Status == http.StatusNotFound:
		return KindNotFound
	case a.Status == http.StatusTooManyRequests:
		return KindLimited
	case a.Status >= 400 && a.Status < 500:
		return KindInvalid
	}
	return KindUpstream
}

// lost reports whether an answer leaves open what the server did with a write.
func lost(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

func isObject(raw []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) }
