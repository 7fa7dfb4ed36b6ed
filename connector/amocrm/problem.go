package amocrm

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/transport"
	"github.com/sidecard/sidecard/connector/wire"
)

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
