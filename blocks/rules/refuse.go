package rules

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Refused is a firing that can't be carried out as it stands, although its key is valid.
type Refused struct {
	Request     Request // what could be read of it
	Problems    []Problem
	ContentType string
	Body        []byte // as it came; nil when Request holds all of it
	Cut         bool   // there was more of the body than could be read
	Key         string // is not kept with the body
}

// Refuse stores a firing that can't be carried out as it stands: it has failed from the beginning and lies in the inbox,
// where its body can be edited. existed: the same body was refused within the last 24 hours, and the entry is that one as it
// is now. A ticket that fires too often is stopped as in Accept.
func (s *Service) Refuse(ctx context.Context, t tenant.Tenant, f Refused) (e Entry, existed bool, err error) {
	r := f.Request
	if f.Body != nil {
		r = Request{TicketID: r.TicketID, AmoClientID: r.AmoClientID, Fields: LeadFields{Name: r.Fields.Name}}
		if r.TicketID == 0 {
			r.TicketID = onlyTicket(f.Body)
		}
		body := f.Body
		if f.Key != "" {
			body = bytes.ReplaceAll(body, []byte(f.Key), []byte("sk_…"))
		}
		r.Unread = &Unread{ContentType: f.ContentType, Body: body[:min(len(body), MaxUnread)], Cut: f.Cut || len(body) > MaxUnread}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return Entry{}, false, fmt.Errorf("encode firing: %w", err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00refused\x00", t.ID)
	h.Write(raw)
	problems := stopping(f.Problems)
	e, existed, err = s.ledger.Accept(ctx, t.ID, Offer{Request: r, Repeat: hex.EncodeToString(h.Sum(nil)), End: Outcome{
		State: ledger.StateFailed, Label: ledger.LabelRefused, Why: ledger.Because("rule_refused", "", told(problems)), Problems: problems}})
	if err == nil && !existed {
		s.ended(e)
	}
	return e, existed, err
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
func TooLarge() Problem { return problem(pathBody, CodeTooLong, "body_too_large") }

// ForeignClient is the problem of an amoClientId that belongs to another account than the key.
func ForeignClient() Problem { return problem("amoClientId", CodeChoice, "foreign_client") }

var (
	keyForm    = regexp.MustCompile(`sk_[0-9A-Za-z_-]{16,}`)
	ticketForm = regexp.MustCompile(`"ticketId"\s*:\s*"?(\d{1,18})\b`)
)

// OnlyKey finds the trigger key in a body that can't be read. A body with two has none: what a client wrote into his ticket
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
	if len(found) == 0 {
		return nil
	}
	for _, f := range found[1:] {
		if !bytes.Equal(f, found[0]) {
			return nil
		}
	}
	return found[0]
}

// Text is the request as a person edits it: JSON, or the body as it came when it is none.
func (r Request) Text() (string, error) {
	var shown any = r.shown()
	if u := r.Unread; u != nil {
		root, err := body.Read(u.ContentType, u.Body)
		if err != nil {
			return string(bytes.ToValidUTF8(u.Body, []byte("\uFFFD"))), nil
		}
		shown = root
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(shown); err != nil {
		return "", fmt.Errorf("show request: %w", err)
	}
	return string(bytes.TrimSpace(b.Bytes())), nil
}

// shown is the request without what a rule does not say.
func (r Request) shown() Request {
	r.Remarks, r.Unread = nil, nil
	return r
}

// BindEdited reads a request as a person has edited it. There is no mistake that would only cost a value: he can mend it.
func BindEdited(text []byte) (Request, error) {
	r, _, err := Bind("application/json", text)
	var mistakes *Problems
	if err != nil && !errors.As(err, &mistakes) {
		return r, err
	}
	if mistakes == nil {
		mistakes = &Problems{}
	}
	if mistakes.List = append(mistakes.List, stopping(r.Remarks)...); len(mistakes.List) > 0 {
		return r, mistakes
	}
	return r, nil
}

// reread starts a refused entry anew if its body can be read by now.
func (s *Service) reread(ctx context.Context, tenantID string, e Entry) error {
	u := e.Request.Unread
	if u.Cut {
		return &body.SyntaxError{Detail: fmt.Sprintf("only the first %d KiB of the body were kept: edit it", MaxUnread>>10)}
	}
	r, _, err := Bind(u.ContentType, u.Body)
	if err != nil {
		return err
	}
	_, err = s.edit(ctx, tenantID, e.ID, r)
	return err
}

// retryRefused starts the refused entries anew that can be carried out by now.
func (s *Service) retryRefused(ctx context.Context, tenantID string) (started int, err error) {
	q := Query{Label: ledger.LabelRefused, Limit: ledger.MaxPage}
	for {
		p, err := s.Inbox(ctx, tenantID, q)
		if err != nil {
			return started, err
		}
		for _, e := range p.Jobs {
			switch err := s.retry(ctx, tenantID, e.ID); {
			case err == nil:
				started++
			case ProblemsOf(err) == nil && !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, ledger.ErrNotFound):
				return started, err
			}
		}
		if p.Next == "" {
			return started, nil
		}
		q.Before = p.Next
	}
}
