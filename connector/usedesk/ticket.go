package usedesk

import (
	"context"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/wire"
)

// Statuses of a ticket (usedesk.md §2.2).
const (
	StatusOpen    int64 = 1
	StatusSolved  int64 = 2
	StatusClosed  int64 = 3
	StatusDeleted int64 = 4
	StatusOnHold  int64 = 5
	StatusPending int64 = 6
	StatusSpam    int64 = 7
	StatusNew     int64 = 8
	StatusMailing int64 = 9
	StatusMerged  int64 = 10
)

// Ticket is a ticket with its comments (usedesk.md §2.2). ClientID is 0 without a client, ChannelID and ChannelType are
// missing in older answers, Email is the client's address. Times are UTC, zero when missing.
type Ticket struct {
	ID           int64
	Subject      string
	ClientID     int64
	ChannelID    int64
	ChannelType  string
	StatusID     int64
	AssigneeID   int64
	Email        string
	PublishedAt  time.Time
	UpdatedAt    time.Time
	Tags         []string
	Comments     []Comment
	CustomFields []CustomField
}

// Comment is a message of a ticket. Message is HTML from outside; From is user, client or trigger, Type public or
// private (others occur).
type Comment struct {
	ID          int64
	Message     string
	From        string
	Type        string
	UserID      int64
	ClientID    int64
	IsFirst     bool
	PublishedAt time.Time
	Files       []File
}

// File is an attachment of a comment.
type File struct{ Name, URL string }

// CustomField is a ticket field's value; a list field holds the option's id.
type CustomField struct {
	FieldID int64
	Name    string
	Value   string
}

type ticketWire struct {
	Ticket *struct {
		ID          wire.Int  `json:"id"`
		Subject     wire.Text `json:"subject"`
		ClientID    wire.Int  `json:"client_id"`
		ChannelID   wire.Int  `json:"channel_id"`
		ChannelType wire.Text `json:"channel_type"`
		StatusID    wire.Int  `json:"status_id"`
		AssigneeID  wire.Int  `json:"assignee_id"`
		Email       wire.Text `json:"email"`
		PublishedAt wire.Text `json:"published_at"`
		UpdatedAt   wire.Text `json:"last_updated_at"`
		fieldsWire
	} `json:"ticket"`
	Comments wire.List[commentWire] `json:"comments"`
	Tags     wire.List[worded]      `json:"tags"`
	fieldsWire
}

// fieldsWire stands beside the ticket in newer answers and inside it in older ones.
type fieldsWire struct {
	CustomFields wire.List[struct {
		ID      wire.Int  `json:"id"`
		FieldID wire.Int  `json:"ticket_field_id"`
		Name    wire.Text `json:"name"`
		Value   wire.Text `json:"value"`
	}] `json:"custom_fields"`
}

type commentWire struct {
	ID          wire.Int  `json:"id"`
	Message     wire.Text `json:"message"`
	From        wire.Text `json:"from"`
	Type        wire.Text `json:"type"`
	UserID      wire.Int  `json:"user_id"`
	ClientID    wire.Int  `json:"client_id"`
	IsFirst     wire.Flag `json:"is_first"`
	PublishedAt wire.Text `json:"published_at"`
	Files       wire.List[struct {
		Name wire.Text `json:"name"`
		File wire.Text `json:"file"`
	}] `json:"files"`
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
	t := Ticket{
		ID: int64(in.ID), Subject: in.Subject.Trim(), ClientID: int64(in.ClientID), ChannelID: int64(in.ChannelID),
		ChannelType: some(in.ChannelType), StatusID: int64(in.StatusID), AssigneeID: int64(in.AssigneeID),
		Email: some(in.Email), PublishedAt: moment(in.PublishedAt), UpdatedAt: moment(in.UpdatedAt), Tags: strs(w.Tags),
	}
	for _, f := range append(w.CustomFields, in.CustomFields...) {
		id := f.FieldID
		if id == 0 {
			id = f.ID
		}
		t.CustomFields = append(t.CustomFields, CustomField{int64(id), f.Name.Trim(), f.Value.Trim()})
	}
	for _, x := range w.Comments {
		com := Comment{
			ID: int64(x.ID), Message: x.Message.Trim(), From: x.From.Trim(), Type: x.Type.Trim(), UserID: int64(x.UserID),
			ClientID: int64(x.ClientID), IsFirst: bool(x.IsFirst), PublishedAt: moment(x.PublishedAt),
		}
		for _, f := range x.Files {
			com.Files = append(com.Files, File{f.Name.Trim(), f.File.Trim()})
		}
		t.Comments = append(t.Comments, com)
	}
	return t
}

// CommentInput is a comment to write. It is private unless Public is set; UserID 0 lets Usedesk take the account's first
// user. Message is HTML. Silent asks for a New ticket to stay New; whether this method knows the switch, as
// update/ticket does, is not documented.
type CommentInput struct {
	TicketID int64
	Message  string
	Public   bool
	UserID   int64
	Silent   bool
}

// CreateComment writes a comment and returns its id, 0 when the answer does not name it.
func (c *API) CreateComment(ctx context.Context, in CommentInput) (int64, error) {
	const op = "create/comment"
	if in.TicketID <= 0 || strings.TrimSpace(in.Message) == "" {
		return 0, &Error{Op: op, Kind: KindInvalid, Detail: "the ticket's id or the text is missing"}
	}
	params := map[string]any{"ticket_id": in.TicketID, "message": in.Message, "type": "private", "from": "user"}
	if in.Public {
		params["type"] = "public"
	}
	if in.UserID != 0 {
		params["user_id"] = in.UserID
	}
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

// TicketUpdate is what a ticket is changed with; zero members are not sent. Silent keeps a New ticket New: any other
// change through the API opens it (usedesk.md §2.2).
type TicketUpdate struct {
	ID         int64
	Subject    string
	StatusID   int64
	AssigneeID int64
	Tags       []string
	Silent     bool
}

// UpdateTicket changes a ticket.
func (c *API) UpdateTicket(ctx context.Context, in TicketUpdate) error {
	const op = "update/ticket"
	if in.ID <= 0 {
		return &Error{Op: op, Kind: KindInvalid, Detail: "the ticket's id is missing"}
	}
	tags := strings.Join(in.Tags, ", ")
	if len([]rune(tags)) > 255 {
		return &Error{Op: op, Kind: KindInvalid, Detail: "the tags are longer than 255 characters"}
	}
	params := map[string]any{"ticket_id": in.ID}
	for name, value := range map[string]string{"subject": in.Subject, "tag": tags} {
		if value != "" {
			params[name] = value
		}
	}
	for name, value := range map[string]int64{"status": in.StatusID, "assignee_id": in.AssigneeID} {
		if value != 0 {
			params[name] = value
		}
	}
	if in.Silent {
		params["silent"] = true
	}
	_, err := c.write(ctx, op, params)
	return err
}
