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
	"slices"
	"strconv"
	"strings"
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
	c := t.Client
	switch name {
	case "client.name":
		return nonBlank(c.Name)
	case "client.company":
		return nonBlank(c.Company)
	case "client.position":
		return nonBlank(c.Position)
	case "client.phone":
		return nonBlank(c.Phones...)
	case "client.email":
		return nonBlank(c.Emails...)
	case "client.messenger":
		var ids []string
		for _, h := range c.Messengers {
			ids = append(ids, h.ID)
		}
		return nonBlank(ids...)
	case "client.site":
		return nonBlank(c.Sites...)
	case "ticket.id":
		if t.ID != 0 {
			return []string{strconv.FormatInt(t.ID, 10)}
		}
	case "ticket.subject":
		return nonBlank(t.Subject)
	case "ticket.channel":
		return nonBlank(t.Channel)
	}
	return nonBlank(t.Fields[fieldSource(name)])
}

func nonBlank(list ...string) []string {
	var out []string
	for _, s := range list {
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
