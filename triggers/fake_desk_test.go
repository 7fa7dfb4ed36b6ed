package triggers

import (
	"context"
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
	return usedesk.Ticket{ID: id, ClientID: client}, nil
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
		c.Phones = []usedesk.Phone{{Type: "mobile", Number: phone}}
	}
	d.tickets[ticket], d.clients[client] = client, c
}
