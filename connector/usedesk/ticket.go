package usedesk

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/wire"
)

// Ticket is what is read of a ticket, with its comments (usedesk.md §2.2). ClientID is 0 without a client, ChannelType is
// missing in older answers, Email is the client's address.
type Ticket struct {
	ID           int64
	Subject      string
	ClientID     int64
	ChannelType  string
	Email        string
	Comments     []Comment
	CustomFields []CustomField
}

// Comment is a message of a ticket. Message is HTML from outside; From is user, client or trigger, Type public or
// private (others occur). PublishedAt is UTC, zero when missing.
type Comment struct {
	ID          int64
	Message     string
	From        string
	Type        string
	PublishedAt time.Time
}

// CustomField is a ticket field's value; a list field holds the option's id.
type CustomField struct {
	FieldID int64
	Value   string
}

type ticketWire struct {
	Ticket *struct {
		ID          wire.Int  `json:"id"`
		Subject     wire.Text `json:"subject"`
		ClientID    wire.Int  `json:"client_id"`
		ChannelType wire.Text `json:"channel_type"`
		Email       wire.Text `json:"email"`
		fieldsWire
	} `json:"ticket"`
	Comments wire.List[struct {
		ID          wire.Int  `json:"id"`
		Message     wire.Text `json:"message"`
		From        wire.Text `json:"from"`
		Type        wire.Text `json:"type"`
		PublishedAt wire.Text `json:"published_at"`
	}] `json:"comments"`
	fieldsWire
}

// fieldsWire stands beside the ticket in newer answers and inside it in older ones.
type fieldsWire struct {
	CustomFields wire.List[struct {
		ID      wire.Int  `json:"id"`
		FieldID wire.Int  `json:"ticket_field_id"`
		Value   wire.Text `json:"value"`
	}] `json:"custom_fields"`
}

// Ticket returns a ticket with its comments; ErrNotFound when it does not exist.
func (c *API) Ticket(ctx context.Context, id int64) (Ticket, error) {
	if id <= 0 {
		return Ticket{}, &Error{Op: "ticket", Kind: KindInvalid, Detail: "the ticket's id is missing"}
	}
	var w wire.List[ticketWire]
	if err := c.read(ctx, "ticket", map[string]any{"ticket_id": id}, &w); err != nil {
		return Ticket{}, err
	}
	if len(w) == 0 || w[0].Ticket == nil || w[0].Ticket.ID == 0 {
		return Ticket{}, &Error{Op: "ticket", Status: 200, Kind: KindNotFound, Detail: "the answer holds no ticket"}
	}
	return w[0].ticket(), nil
}

func (w ticketWire) ticket() Ticket {
	in := w.Ticket
	t := Ticket{ID: int64(in.ID), Subject: in.Subject.Trim(), ClientID: int64(in.ClientID), ChannelType: some(in.ChannelType), Email: some(in.Email)}
	for _, f := range append(w.CustomFields, in.CustomFields...) {
		t.CustomFields = append(t.CustomFields, CustomField{int64(cmp.Or(f.FieldID, f.ID)), f.Value.Trim()})
	}
	for _, x := range w.Comments {
		t.Comments = append(t.Comments, Comment{int64(x.ID), x.Message.Trim(), x.From.Trim(), x.Type.Trim(), moment(x.PublishedAt)})
	}
	return t
}

// CommentInput is a private comment to write, by the account's first user. Message is HTML. Silent asks for a New ticket to
// stay New; whether this method knows the switch, as update/ticket does, is not documented.
type CommentInput struct {
	TicketID int64
	Message  string
	Silent   bool
}

// CreateComment writes a comment and returns its id, 0 when the answer does not name it.
func (c *API) CreateComment(ctx context.Context, in CommentInput) (int64, error) {
	const op = "create/comment"
	if in.TicketID <= 0 || strings.TrimSpace(in.Message) == "" {
		return 0, &Error{Op: op, Kind: KindInvalid, Detail: "the ticket's id or the text is missing"}
	}
	params := map[string]any{"ticket_id": in.TicketID, "message": in.Message, "type": "private", "from": "user"}
	if in.Silent {
		params["silent"] = true
	}
	members, err := c.write(ctx, op, params)
	if err != nil {
		return 0, err
	}
	var id wire.Int
	if raw, ok := members["comment_id"]; ok && id.UnmarshalJSON(raw) != nil {
		return 0, nil // written; its id is of no known shape
	}
	return int64(id), nil
}

// LastFromClient returns what the client wrote last, as it came; "" when there is nothing. Private comments and those of
// agents and rules do not count.
func (t Ticket) LastFromClient() string {
	var last Comment
	for _, c := range t.Comments {
		if c.From != "client" || c.Type == "private" || strings.TrimSpace(c.Message) == "" {
			continue
		}
		if !c.PublishedAt.Before(last.PublishedAt) {
			last = c
		}
	}
	return last.Message
}

// TicketURL returns where agents open a ticket, "" when that can't be told (usedesk.md §2.1). apiBase is the address of the
// helpdesk's API: the cloud has it on a host of its own, every other installation beside the pages.
func TicketURL(apiBase string, id int64) string {
	u, err := url.Parse(apiBase)
	if err != nil || u.Host == "" || id == 0 {
		return ""
	}
	host := u.Host
	if host == "api.usedesk.ru" {
		host = "secure.usedesk.ru"
	}
	return u.Scheme + "://" + host + "/tickets/" + strconv.FormatInt(id, 10)
}
