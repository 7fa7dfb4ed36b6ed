package usedesk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
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
	KindRefused        Kind = "refused"         // the token is wrong or may not do this
	KindNotFound       Kind = "not_found"       // the ticket or client does not exist
	KindInvalid        Kind = "invalid"         // the API said no for another reason
	KindLimited        Kind = "limited"         // 429
	KindUpstream       Kind = "upstream"        // 5xx, redirects, answers that make no sense
	KindNetwork        Kind = "network"         // no answer to a read, or a write that surely was not made
	KindUnknownOutcome Kind = "unknown_outcome" // a write whose answer was lost: it may have been done
)

// One sentinel per Kind, for errors.Is.
var (
	ErrRefused        = errors.New("usedesk: token refused")
	ErrNotFound       = errors.New("usedesk: not found")
	ErrInvalid        = errors.New("usedesk: request invalid")
	ErrLimited        = errors.New("usedesk: too many requests")
	ErrUpstream       = errors.New("usedesk: server trouble")
	ErrNetwork        = errors.New("usedesk: not reached")
	ErrUnknownOutcome = errors.New("usedesk: outcome unknown")
)

var sentinels = map[Kind]error{
	KindRefused: ErrRefused, KindNotFound: ErrNotFound, KindInvalid: ErrInvalid, KindLimited: ErrLimited,
	KindUpstream: ErrUpstream, KindNetwork: ErrNetwork, KindUnknownOutcome: ErrUnknownOutcome,
}

// Error is every error of a call. Detail is the API's own text, cut short and free of the token.
type Error struct {
	Op         string // the API's method: "ticket", "create/comment"
	Status     int    // 0 without an answer
	Kind       Kind
	Code       string // the API's code, mostly empty
	Detail     string
	RetryAfter int // seconds, 0 unless the server said
	cause      error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("usedesk: %s: %s", e.Op, e.Kind)
	if e.Status != 0 {
		s += fmt.Sprintf(" (%d)", e.Status)
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Is matches the sentinel of the error's Kind.
func (e *Error) Is(target error) bool {
	s, ok := sentinels[e.Kind]
	return ok && s == target
}

// Unwrap returns the cause, so that context errors stay visible.
func (e *Error) Unwrap() error { return e.cause }

// refusal finds the error in an answer: any status but 2xx, or a 2xx with a member error, or with status false or
// "error" (usedesk.md §2.1). nil means success.
func (c *API) refusal(method string, a transport.Answer) *Error {
	e := &Error{Op: method, Status: a.Status}
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		e.RetryAfter = transport.RetryAfter(a, time.Now())
	}
	body := bytes.TrimSpace(a.Body)
	var said struct {
		Status  json.RawMessage `json:"status"`
		Error   json.RawMessage `json:"error"`
		Errors  json.RawMessage `json:"errors"`
		Message json.RawMessage `json:"message"`
		Code    wire.Text       `json:"code"`
	}
	isObject := bytes.HasPrefix(body, []byte("{")) && json.Unmarshal(body, &said) == nil
	good := a.Status >= 200 && a.Status < 300
	failed := isObject && (present(said.Error) || present(said.Errors) || refused(said.Status))
	switch {
	case good && a.HTML():
		e.Kind, e.Detail = KindUpstream, "the answer is a page, not data"
		return e
	case good && !failed && json.Valid(body):
		return nil
	case good && !failed:
		e.Kind, e.Detail = KindUpstream, "the answer is not JSON"
		return e
	}
	if isObject {
		e.Code = wire.Scrub(string(said.Code), 20, c.token)
		e.Detail = wire.Scrub(firstText(said.Error, said.Errors, said.Message), 300, c.token)
	}
	e.Kind = kindOf(a.Status, e.Code, e.Detail)
	if a.Status == http.StatusNotFound && a.HTML() {
		e.Kind, e.Detail = KindUpstream, "there is no such method at this address" // a wrong base, not a missing ticket
	}
	return e
}

// present reports whether an error member says anything: false, 0, "", null, [] and {} don't.
func present(raw json.RawMessage) bool {
	text := wire.Scalar(raw)
	return text != "" && text != "0"
}

func refused(status json.RawMessage) bool {
	switch strings.ToLower(strings.Trim(string(status), `" `)) {
	case "0", "false", "error", "fail", "failed", "failure":
		return true
	}
	return false
}

// firstText digs the first string out of strings, lists and maps of strings.
func firstText(raws ...json.RawMessage) string {
	for _, raw := range raws {
		if !present(raw) {
			continue
		}
		var v any
		if json.Unmarshal(raw, &v) != nil {
			continue
		}
		if s := dig(v, 0); s != "" && v != true {
			return s
		}
	}
	return ""
}

func dig(v any, depth int) string {
	if depth > 4 {
		return ""
	}
	switch x := v.(type) {
	case string:
		return x
	case float64, bool:
		return fmt.Sprint(x)
	case []any:
		for _, y := range x {
			if s := dig(y, depth+1); s != "" {
				return s
			}
		}
	case map[string]any:
		for _, key := range []string{"message", "text", "error", "detail"} {
			if s := dig(x[key], depth+1); s != "" {
				return s
			}
		}
		for _, key := range slices.Sorted(maps.Keys(x)) {
			if s := dig(x[key], depth+1); s != "" {
				return s
			}
		}
	}
	return ""
}

// The API's refusals have no documented codes: the words decide. They are looked for in the languages it speaks.
var (
	saysToken = regexp.MustCompile(`(?i)token|токен|unauthori|авториз|autoriza|forbidden|access denied|доступ запрещ|нет доступа|acesso negado|permission`)
	saysGone  = regexp.MustCompile(`(?i)not found|не найден|не существует|does ?n[o']t exist|no such|no encontrad|não encontrad|não existe|no existe`)
	saysSlow  = regexp.MustCompile(`(?i)too many|rate limit|слишком много|limit exceeded|лимит`)
)

func kindOf(status int, code, detail string) Kind {
	switch {
	case status == http.StatusTooManyRequests:
		return KindLimited
	case status >= 500 || status >= 300 && status < 400:
		return KindUpstream
	case status == http.StatusUnauthorized || status == http.StatusForbidden || saysToken.MatchString(detail):
		return KindRefused
	case status == http.StatusNotFound || saysGone.MatchString(detail):
		return KindNotFound
	case saysSlow.MatchString(detail):
		return KindLimited
	}
	switch code {
	case "401", "403":
		return KindRefused
	case "404":
		return KindNotFound
	case "429":
		return KindLimited
	}
	return KindInvalid
}
