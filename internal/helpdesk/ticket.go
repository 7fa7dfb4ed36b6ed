// Package helpdesk is a ticket and its client as all blocks use them, whatever helpdesk they come from: the types, the names
// under which a ticket's values stand in templates and mappings, and the plain text of the HTML in which helpdesks send
// messages.
//
// It refuses to know where a ticket comes from (package blocks reads the request of a card, package blocks/rules reads the
// helpdesk's API) and what is made of it.
//
// Invariants: what a ticket says is never read as a template; text that is no markup stays as it is.
package helpdesk

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/internal/phone"
)

// Client is the helpdesk's client of a ticket. ID 0 means that the helpdesk did not say who it is: nothing can be linked
// to or remembered for such a client.
type Client struct {
	ID         int64
	Name       string
	Company    string
	Position   string
	Phones     []string // as stored in the helpdesk, any format
	Emails     []string
	Messengers []Messenger
	Sites      []string
}

// Messenger is an account in a messenger: Type "telegram", "whatsapp", "viber", "skype" or anything else.
type Messenger struct{ Type, ID string }

// numbered are the messengers whose accounts are phones.
var numbered = []string{"whatsapp", "wa", "waba", "viber", "imessage", "signal"}

// chatSuffixes stand behind the number in an account of WhatsApp.
var chatSuffixes = []string{"@c.us", "@s.whatsapp.net"}

// WithNumbers returns the client with those phones that stand among the messengers: accounts are written there as digits with
// the country code.
func (c Client) WithNumbers() Client {
	c.Phones = slices.Clone(c.Phones)
	for _, m := range c.Messengers {
		if !slices.Contains(numbered, strings.ToLower(strings.TrimSpace(m.Type))) {
			continue
		}
		id := strings.TrimSpace(m.ID)
		for _, suffix := range chatSuffixes {
			id = strings.TrimSuffix(id, suffix)
		}
		number, ok := phone.E164("+"+strings.TrimPrefix(id, "+"), "")
		if ok && !phone.In(c.Phones, number, "") {
			c.Phones = append(c.Phones, number)
		}
	}
	return c
}

// Line returns the account in the form in which two are compared, "" for one that is a phone (WithNumbers), or in no messenger of a
// name: the same handle in another messenger is another person's.
func (m Messenger) Line() string {
	kind, id := strings.ToLower(strings.TrimSpace(m.Type)), strings.ToLower(strings.TrimPrefix(strings.TrimSpace(m.ID), "@"))
	if id == "" || kind == "" || kind == "other" || slices.Contains(numbered, kind) {
		return ""
	}
	return kind + ":" + id
}

// Ticket is what the helpdesk told about the ticket in front of the agent. LastMessage is what the client wrote last, as
// plain text, empty when it is not known. Fields are the values of the helpdesk's own fields by their id; a ticket from
// the block has none.
type Ticket struct {
	ID          int64
	Subject     string
	Channel     string
	Client      Client
	LastMessage string
	Fields      map[int64]string `json:",omitempty"`
}

// Sources are the names of what a ticket can say, client first; a field of the helpdesk is "ticket.field.123" besides.
var Sources = []string{
	"client.name", "client.company", "client.position", "client.phone", "client.email", "client.messenger", "client.site",
	"ticket.id", "ticket.subject", "ticket.channel",
}

// ticketField begins the name of a helpdesk field: "ticket.field.123".
const ticketField = "ticket.field."

// Values returns what the ticket says under a name; nothing when it does not say it.
func (t Ticket) Values(name string) []string {
	var id string
	if t.ID != 0 {
		id = strconv.FormatInt(t.ID, 10)
	}
	c, accounts := t.Client, []string(nil)
	for _, m := range t.Client.Messengers {
		accounts = append(accounts, m.ID)
	}
	said, known := map[string][]string{
		"client.name": {c.Name}, "client.company": {c.Company}, "client.position": {c.Position}, "client.phone": c.Phones,
		"client.email": c.Emails, "client.messenger": accounts, "client.site": c.Sites,
		"ticket.id": {id}, "ticket.subject": {t.Subject}, "ticket.channel": {t.Channel},
	}[name]
	if !known {
		said = []string{t.Fields[fieldSource(name)]}
	}
	var out []string
	for _, s := range said {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// IsSource reports whether a ticket can say something under a name: one of Sources or a field of the helpdesk.
func IsSource(name string) bool {
	return slices.Contains(Sources, name) || fieldSource(name) != 0
}

// fieldSource returns the id in "ticket.field.123", 0 for any other name.
func fieldSource(name string) int64 {
	raw, ok := strings.CutPrefix(name, ticketField)
	id, err := strconv.ParseInt(raw, 10, 64)
	if !ok || err != nil || id <= 0 || strconv.FormatInt(id, 10) != raw {
		return 0
	}
	return id
}

var (
	placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)
	anyPlace    = regexp.MustCompile(placeholder.String() + `|\[\[\s*([^\[\]]*?)\s*\]\]`)
	placeName   = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_.$-]*$`)
)

// Fill puts what a ticket says into the placeholders of a text ("{{client.name}}", "{{ticket.field.123}}"), nothing where
// it does not say it, and the first value where it says several. What the ticket says is never read as a template itself;
// braces around anything that is no source stay as they are. "[[client.name]]" is the same, for helpdesks that blank every
// "{{…}}" that is none of their own variables (usedesk.md §3.3 leaves it open).
func Fill(text string, t Ticket) string {
	return anyPlace.ReplaceAllStringFunc(text, func(place string) string {
		name := nameIn(place)
		if !IsSource(name) {
			return place
		}
		if said := t.Values(name); len(said) > 0 {
			return said[0]
		}
		return ""
	})
}

func nameIn(place string) string { return strings.TrimSpace(place[2 : len(place)-2]) }

// HasPlaceholder reports whether Fill would change a text.
func HasPlaceholder(text string) bool {
	return slices.ContainsFunc(anyPlace.FindAllString(text, -1), func(place string) bool { return IsSource(nameIn(place)) })
}

// UnknownPlaceholder returns the name in the first placeholder of a text that Fill does not know and that counts, "" when
// there is none. Braces around what can't be a name, as people write them in messages, are text.
func UnknownPlaceholder(text string, counts func(name string) bool) string {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !IsSource(m[1]) && placeName.MatchString(m[1]) && counts(m[1]) {
			return m[1]
		}
	}
	return ""
}

// WrongPlaceholder returns the first placeholder of a template that is none of the allowed ones, "" when all are allowed.
// Braces that belong to no placeholder are "{{" or "}}".
func WrongPlaceholder(template string, allowed []string) string {
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(allowed, m[1]) {
			return m[0]
		}
	}
	rest := placeholder.ReplaceAllString(template, "")
	for _, brace := range []string{"{{", "}}"} {
		if strings.Contains(rest, brace) {
			return brace
		}
	}
	return ""
}
