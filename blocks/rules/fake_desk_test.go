package rules

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/sidecard/sidecard/connector/usedesk"
)

func newDesk() *fakeDesk {
	return &fakeDesk{clients: map[int64]usedesk.Client{}, tickets: map[int64]int64{}}
}

// fakeDesk is a helpdesk whose ticket n belongs to client n.
type fakeDesk struct {
	mu      sync.Mutex
	clients map[int64]usedesk.Client
	tickets map[int64]int64 // ticket -> client
	err     error

	comments  map[int64][]usedesk.Comment // by ticket
	onComment func(in usedesk.CommentInput) error
}

func (d *fakeDesk) Ticket(_ context.Context, id int64) (usedesk.Ticket, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return usedesk.Ticket{}, d.err
	}
	client, ok := d.tickets[id]
	if !ok {
		return usedesk.Ticket{}, &usedesk.Error{Kind: usedesk.KindNotFound}
	}
	return usedesk.Ticket{ID: id, ClientID: client, Comments: slices.Clone(d.comments[id])}, nil
}

// CreateComment keeps the comment; what onComment answers is an answer that was lost or another error.
func (d *fakeDesk) CreateComment(_ context.Context, in usedesk.CommentInput) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	if d.onComment != nil {
		err = d.onComment(in)
	}
	if err != nil && !errors.Is(err, usedesk.ErrUnknownOutcome) {
		return 0, err
	}
	if d.comments == nil {
		d.comments = map[int64][]usedesk.Comment{}
	}
	id := int64(5000 + len(d.comments[in.TicketID]))
	d.comments[in.TicketID] = append(d.comments[in.TicketID], usedesk.Comment{ID: id, Message: in.Message, Type: "private"})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// said are the comments of a ticket.
func (d *fakeDesk) said(ticket int64) []usedesk.Comment {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.comments[ticket])
}

func (d *fakeDesk) ClientByID(_ context.Context, id int64) (usedesk.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.clients[id]
	if !ok {
		return usedesk.Client{}, &usedesk.Error{Kind: usedesk.KindNotFound}
	}
	return c, d.err
}

func (d *fakeDesk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// add puts a ticket of a client into the helpdesk.
func (d *fakeDesk) add(ticket, client int64, name, phone string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := usedesk.Client{ID: client, Name: name}
	if phone != "" {
		c.Phones = []string{phone}
	}
	d.tickets[ticket], d.clients[client] = client, c
}
