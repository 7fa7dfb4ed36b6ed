package session

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/runes"
)

// MaxBody is the most a block request may weigh, in bytes.
const MaxBody = 1 << 20

// Refusals of a block request.
var (
	// ErrTooBig says that the body is over MaxBody.
	ErrTooBig = errors.New("the request body is over 1 MiB")
	// ErrUnreadable says that the body is neither a JSON object nor a form.
	ErrUnreadable = errors.New("the request body is neither a JSON object nor a form")
)

// maxCredential bounds, in bytes, what a company proves itself with: it is kept for a month although nobody may ever log in.
const maxCredential = 500

// langKeys are the names under which the block setting may come; the published manuals disagree (usedesk.md §1.1).
var langKeys = []string{"language", "lang", "locale", "idioma"}

// TypeError says which key of a block request holds something else than it should. Want is number, text, short (at most 500
// bytes of text), object or list.
type TypeError struct{ Key, Want string }

func (e *TypeError) Error() string { return "key " + e.Key + ": " + e.Want + " expected" }

// Request is a block request in our words (usedesk.md §1.2).
type Request struct {
	Ticket      helpdesk.Ticket
	AmoBaseHost string // as typed, unchecked
	DeskToken   string
	DeskBase    string // as typed, unchecked; "" means the helpdesk's default
	Secret      string
	View        string // "html" asks for the floor without iframe
	Lang        i18n.Lang
	UnknownLang string // what was typed when it is no language of ours
	Pressed     bool   // the agent pressed the block's refresh button
}

// Bind reads a block request: a JSON object, or a form with PHP brackets, as body.Read takes it. Types are as loose as the helpdesk's: ids come
// as number, string or null, an empty object as []. Unknown keys are ignored. When it fails, the returned Request
// still carries the language if that could be read, so that the refusal can be said in it.
func Bind(contentType string, from io.Reader) (Request, error) {
	raw, err := io.ReadAll(io.LimitReader(from, MaxBody+1))
	if errors.Is(err, body.ErrFull) {
		return Request{Lang: i18n.EN}, err
	}
	if err != nil {
		return Request{Lang: i18n.EN}, ErrUnreadable
	}
	if len(raw) > MaxBody {
		return Request{Lang: i18n.EN}, ErrTooBig
	}
	tree, err := body.Read(contentType, raw)
	if err != nil {
		return Request{Lang: i18n.EN}, ErrUnreadable // without err, which quotes the body
	}
	return read(tree)
}

func read(tree map[string]any) (Request, error) {
	top := loose{keys: lowerKeys(tree)}
	req := Request{Lang: i18n.EN}
	for _, key := range langKeys {
		if typed := top.text(key); typed != "" {
			lang, known := i18n.ParseLang(typed)
			req.Lang = lang
			if !known {
				req.UnknownLang = runes.First(typed, 20)
			}
			break
		}
	}
	req.AmoBaseHost = top.text("amo_base_host")
	req.DeskToken = top.short("usedesk_api_token")
	req.DeskBase = top.text("usedesk_api_base")
	req.Secret = top.short("secret")
	if req.Secret == "" {
		req.Secret = top.short("secret_key")
	}
	req.View = strings.ToLower(top.text("view"))
	req.Pressed = top.text("is_auto_load") == "0"
	req.Ticket = helpdesk.Ticket{
		ID:      top.id("ticket_id"),
		Subject: runes.First(top.text("subject"), 250),
		Channel: runes.First(top.text("channel_type"), 250),
	}
	req.Ticket.Client = client(&top)
	return req, top.err
}

// maxKeys bounds how many phones, e-mails and handles of one client are kept: each costs a search.
const maxKeys = 20

// client reads client_data and, when it names no address, the one the client wrote from.
func client(top *loose) helpdesk.Client {
	data := top.object("client_data")
	c := helpdesk.Client{
		ID:       top.id("client_id"),
		Name:     runes.First(data.text("name"), 250),
		Company:  runes.First(data.text("company"), 250),
		Position: runes.First(data.text("position"), 250),
	}
	texts := func(key, member string) (out []string) {
		for _, x := range data.list(key) {
			if s := x.either("", member); s != "" && len(out) < maxKeys && !slices.Contains(out, s) {
				out = append(out, runes.First(s, 250))
			}
		}
		return out
	}
	c.Emails, c.Phones, c.Sites = texts("emails", "email"), texts("phones", "phone"), texts("sites", "url")
	for _, m := range data.list("messengers") {
		if id := m.either("id", "identity"); id != "" && len(c.Messengers) < maxKeys {
			c.Messengers = append(c.Messengers, helpdesk.Messenger{Type: runes.First(m.text("type"), 250), ID: runes.First(id, 250)})
		}
	}
	for _, key := range []string{"from_email", "contact"} {
		from := runes.First(top.text(key), 250)
		if len(c.Emails) == 0 && strings.Count(from, "@") == 1 && !strings.HasPrefix(from, "@") {
			c.Emails = []string{from}
		}
		if len(c.Phones) == 0 && (phone.International(from) || calls(top) && phone.Like(from)) {
			c.Phones = []string{from}
		}
	}
	c = c.WithNumbers()
	if top.err == nil {
		top.err = data.err
	}
	return c
}

// calls reports whether the ticket came by phone: what it came from is a number then, with or without a plus.
func calls(top *loose) bool {
	channel := strings.ToLower(top.text("channel_type"))
	return strings.Contains(channel, "telephon") || slices.Contains([]string{"phone", "call", "calls", "sip"}, channel)
}
