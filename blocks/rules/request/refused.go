package request

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/sidecard/sidecard/internal/body"
)

// Refused is a job that can't be carried out as it stands, although its key is valid.
type Refused struct {
	Request     Request // what could be read of it
	Problems    []Problem
	ContentType string
	Body        []byte // as it came; nil when Request holds all of it
	Cut         bool   // there was more of the body than could be read
	Key         string // is not kept with the body
}

// Stored returns the request that is stored for a refused one: with the body as it came, and little else, where that could not
// be read.
func (f Refused) Stored() Request {
	r := f.Request
	if f.Body == nil {
		return r
	}
	r = Request{TicketID: r.TicketID, AmoClientID: r.AmoClientID, Fields: LeadFields{Name: r.Fields.Name}}
	if r.TicketID == 0 {
		r.TicketID = onlyTicket(f.Body)
	}
	body := f.Body
	if f.Key != "" {
		body = bytes.ReplaceAll(body, []byte(f.Key), []byte("sk_…"))
	}
	r.Unread = &Unread{ContentType: f.ContentType, Body: body[:min(len(body), MaxUnread)], Cut: f.Cut || len(body) > MaxUnread}
	return r
}

// ProblemsOf is what an error of Bind says, by path: a body that can't be read is one problem of all of it.
func ProblemsOf(err error) []Problem {
	var (
		mistakes *Problems
		syntax   *body.SyntaxError
		kind     *body.ContentTypeError
	)
	switch {
	case errors.As(err, &mistakes):
		return mistakes.List
	case errors.As(err, &syntax):
		return []Problem{{Path: pathBody, Code: CodeUnreadable, Detail: "can't be read: " + syntax.Error()}}
	case errors.As(err, &kind):
		return []Problem{{Path: pathBody, Code: CodeUnreadable, Detail: kind.Error()}}
	}
	return nil
}

const pathBody = "body"

// TooLarge is the problem of a body of more than MaxBody bytes.
func TooLarge() Problem { return NewProblem(pathBody, CodeTooLong, "body_too_large") }

// ForeignClient is the problem of an amoClientId that belongs to another account than the key.
func ForeignClient() Problem { return NewProblem("amoClientId", CodeChoice, "foreign_client") }

var (
	keyForm    = regexp.MustCompile(`sk_[0-9A-Za-z_-]{16,}`)
	ticketForm = regexp.MustCompile(`"ticketId"\s*:\s*"?(\d{1,18})\b`)
)

// OnlyKey finds the trigger key in a body that can't be read. A body with two has none: what a client wrote into a ticket
// must not decide whose inbox gets to see the rest.
func OnlyKey(body []byte) string {
	if !utf8.Valid(body) {
		return ""
	}
	return string(only(keyForm.FindAll(body, -1)))
}

// onlyTicket finds the ticket in a body that can't be read, 0 for none or several.
func onlyTicket(body []byte) int64 {
	var ids [][]byte
	for _, m := range ticketForm.FindAllSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	id, _ := strconv.ParseInt(string(only(ids)), 10, 64) // none is 0
	return id
}

// only is the one that all are, nil for none or several.
func only(found [][]byte) []byte {
	if len(found) == 0 || slices.ContainsFunc(found, func(f []byte) bool { return !bytes.Equal(f, found[0]) }) {
		return nil
	}
	return found[0]
}

// Text is the request as a person edits it: JSON, or the body as it came when it is none.
func (r Request) Text() (string, error) {
	u := r.Unread
	r.Remarks, r.Unread = nil, nil // a rule does not say them
	var shown any = r
	if u != nil {
		root, err := body.Read(u.ContentType, u.Body)
		if err != nil {
			return string(bytes.ToValidUTF8(u.Body, []byte("\uFFFD"))), nil
		}
		shown = root
	}
	return JSON(shown, "  ")
}

// JSON returns a value as people read it: without escapes for HTML, indented where indent says so.
func JSON(v any, indent string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("show as JSON: %w", err)
	}
	return string(bytes.TrimSpace(b.Bytes())), nil
}

// BindEdited reads a request as a person has edited it. No mistake costs only the value: the person can correct it.
func BindEdited(text []byte) (Request, error) {
	r, _, err := Bind("application/json", text)
	var mistakes *Problems
	switch {
	case errors.As(err, &mistakes):
		return r, &Problems{List: append(mistakes.List, Stopping(r.Remarks)...)}
	case err == nil && len(r.Remarks) > 0:
		return r, &Problems{List: Stopping(r.Remarks)}
	}
	return r, err
}
