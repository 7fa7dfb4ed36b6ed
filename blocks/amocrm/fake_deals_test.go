package amocrm

import (
	"context"
	"slices"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// fakeDeals is what the fake knows beyond the first screen: everybody who matches, further fields, keys to add.
type fakeDeals struct {
	matches    people.Found
	more       []amoapi.Field
	onMissing  func(ctx context.Context, contactID int64) ([]people.Match, error)
	gotMissing []int64
}

func (f *fakeCRM) Matches(context.Context, helpdesk.Client) (people.Found, error) {
	f.called("matches")
	return f.fakeDeals.matches, nil
}

func (f *fakeCRM) AddMissing(ctx context.Context, _ helpdesk.Client, contactID int64) ([]people.Match, error) {
	f.called("add missing")
	f.mu.Lock()
	f.gotMissing = append(f.gotMissing, contactID)
	f.mu.Unlock()
	if f.onMissing != nil {
		return f.onMissing(ctx, contactID)
	}
	return nil, nil
}

// MoreFields leaves out what the stage requires, as the account does.
func (f *fakeCRM) MoreFields(_ context.Context, _, statusID int64) ([]amoapi.Field, error) {
	var out []amoapi.Field
	for _, field := range f.more {
		if !slices.ContainsFunc(f.required[statusID], func(r amoapi.Field) bool { return r.ID == field.ID }) {
			out = append(out, field)
		}
	}
	return out, nil
}

type ticketReader interface {
	Ticket(ctx context.Context, id int64) (usedesk.Ticket, error)
}

// reads gives the fixture a helpdesk, nil for a tenant without a token, or one that can't be opened.
func (w *fixture) reads(d ticketReader, err error) {
	w.h.LastMessage = func(ctx context.Context, _ string, id int64) (string, error) {
		if d == nil || err != nil {
			return "", err
		}
		ticket, err := d.Ticket(ctx, id)
		return ticket.LastFromClient(), err
	}
}

// fakeDesk is a helpdesk with one ticket.
type fakeDesk struct {
	ticket usedesk.Ticket
	err    error
	hang   bool
}

func (d fakeDesk) Ticket(ctx context.Context, _ int64) (usedesk.Ticket, error) {
	if d.hang {
		<-ctx.Done()
		return usedesk.Ticket{}, ctx.Err()
	}
	return d.ticket, d.err
}
