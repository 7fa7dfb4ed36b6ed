package triggers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sidecard/sidecard/bridge"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/tenant"
)

var errNoDeskToken = errors.New("the helpdesk's API token is missing: add usedesk_api_token to the block's parameters")

// job is one entry on its way through the steps. Each step is skipped when an earlier try has done it.
type job struct {
	s       *Service
	account Account
	e       *Entry
	now     func() time.Time // Redis' clock
	ticket  bridge.Ticket    // read anew by every try that still has a deal to make
}

// work takes an entry from where it stands to its end: ticket, client, contact, deal, note. nil means that everything is
// done. e's steps are as far as it came.
func (s *Service) work(ctx context.Context, account Account, e *Entry, now func() time.Time) error {
	j := &job{s: s, account: account, e: e, now: now}
	if e.Steps.LeadID == 0 {
		client, err := j.client(ctx)
		if err != nil {
			return err
		}
		if err := j.deal(ctx, client); err != nil {
			return err
		}
	}
	if err := j.remember(ctx); err != nil { // if an earlier try did not get to it
		return err
	}
	return j.note(ctx)
}

// client reads the ticket and its client from the helpdesk.
func (j *job) client(ctx context.Context) (bridge.Client, error) {
	desk, err := j.desk(ctx)
	if err != nil {
		return bridge.Client{}, err
	}
	id := j.e.Request.TicketID
	ticket, err := desk.Ticket(ctx, id)
	if errors.Is(err, usedesk.ErrNotFound) {
		return bridge.Client{}, &refusal{why: fmt.Sprintf("the helpdesk has no ticket %d", id),
			problems: []Problem{{Path: "ticketId", Code: CodeChoice, Detail: "the helpdesk has no such ticket"}}}
	}
	if err != nil {
		return bridge.Client{}, fmt.Errorf("read ticket: %w", err)
	}
	var c usedesk.Client
	if ticket.ClientID != 0 {
		if c, err = desk.ClientByID(ctx, ticket.ClientID); err != nil && !errors.Is(err, usedesk.ErrNotFound) {
			return bridge.Client{}, fmt.Errorf("read client: %w", err)
		}
	}
	out := clientOf(c)
	if c.ID == 0 && ticket.Email != "" { // no client, or one that is gone
		out = bridge.Client{Name: ticket.Email, Emails: []string{ticket.Email}}
	} else if c.ID == 0 {
		return bridge.Client{}, &refusal{why: fmt.Sprintf("ticket %d has no client", id),
			problems: []Problem{{Path: "ticketId", Code: CodeChoice, Detail: "the ticket has no client to make a deal for"}}}
	}
	j.e.Steps.ClientID = out.ID
	j.ticket = bridge.Ticket{ID: id, Subject: ticket.Subject, Channel: ticket.ChannelType, Client: out}
	return out, nil
}

// desk opens the helpdesk with the tenant's token of now: it may have been mended since the firing was accepted.
func (j *job) desk(ctx context.Context) (Desk, error) {
	t, err := j.tenant(ctx)
	if err != nil {
		return nil, err
	}
	if t.DeskToken == "" {
		return nil, errNoDeskToken
	}
	desk, err := j.s.Desk(t)
	if err != nil {
		return nil, fmt.Errorf("open helpdesk: %w", err)
	}
	return desk, nil
}

func (j *job) tenant(ctx context.Context) (tenant.Tenant, error) {
	t, err := j.s.Tenants.Get(ctx, j.e.Tenant)
	if err != nil {
		return t, fmt.Errorf("open account: %w", err)
	}
	return t, nil
}

func clientOf(c usedesk.Client) bridge.Client {
	out := bridge.Client{ID: c.ID, Name: c.Name, Company: c.Company, Position: c.Position, Emails: c.Emails, Sites: c.Sites}
	for _, p := range c.Phones {
		out.Phones = append(out.Phones, p.Number)
	}
	for _, m := range c.Messengers {
		out.Messengers = append(out.Messengers, bridge.Handle{Type: m.Type, ID: m.Identity})
	}
	return out
}

// deal makes the deal, and the contact with it if there is none. One deal at a time is made for a client: two firings
// must not both make his contact.
func (j *job) deal(ctx context.Context, client bridge.Client) error {
	unlock, err := j.account.LockClient(ctx, client.ID)
	if err != nil {
		return err
	}
	defer unlock()
	if j.e.Steps.LeadIntent != nil {
		found, err := j.lostDeal(ctx, client)
		if err != nil {
			return err
		}
		if found.ID != 0 {
			return j.gotDeal(ctx, found, "deal %d was found in the CRM: its first try had come through")
		}
		j.e.Steps.LeadIntent = nil
	}
	contactID, made, err := j.account.Resolve(ctx, client)
	if err != nil {
		return err
	}
	for tries := 0; ; tries++ {
		result, err := j.create(ctx, contactID, made)
		if err == nil {
			return j.gotDeal(ctx, result, "deal %d made")
		}
		if contactID == 0 || tries == 2 || !j.contactGone(ctx, err, contactID) {
			return err
		}
		// The link or our memory names a contact that was deleted: find the client by his phones and e-mails instead.
		if client.ID != 0 {
			if err := j.account.Unlink(ctx, client.ID); err != nil {
				return err
			}
		}
		gone := contactID
		client.ID = 0
		if contactID, made, err = j.account.Resolve(ctx, client); err != nil {
			return err
		}
		client.ID = j.e.Steps.ClientID
		if contactID == gone {
			return &refusal{why: fmt.Sprintf("amoCRM refuses contact %d", gone)}
		}
	}
}

// create sends the deal. The intent is stored before; it stays when the answer is lost and goes when the CRM refused.
func (j *job) create(ctx context.Context, contactID int64, made *amocrm.ContactInput) (amocrm.ComplexResult, error) {
	meta, err := j.account.Meta(ctx)
	if err != nil {
		return amocrm.ComplexResult{}, err
	}
	in, from := leadInput(j.e.Request.Fields, &meta)
	contact := amocrm.ContactInput{ID: amocrm.ID(contactID)}
	if made != nil {
		contact = *made
	}
	if err := j.fillMapped(ctx, meta, &in, &contact); err != nil {
		return amocrm.ComplexResult{}, err
	}
	in.Embedded = &amocrm.LeadLinks{Contacts: []amocrm.ContactInput{contact}}
	j.e.Steps.LeadIntent = &Intent{At: j.now(), ContactID: contactID}
	if err := j.s.ledger.Record(ctx, *j.e, "sending the deal"); err != nil {
		return amocrm.ComplexResult{}, err
	}
	ctx, cancel := j.withinLease(ctx)
	defer cancel()
	results, err := j.account.API().CreateComplex(ctx, []amocrm.LeadInput{in})
	switch {
	case maybeDone(err), err == nil && (len(results) != 1 || results[0].ID == 0):
		return amocrm.ComplexResult{}, &lookAgain{after: j.s.LookGap / 4}
	case err != nil:
		j.e.Steps.LeadIntent = nil
		return amocrm.ComplexResult{}, j.explain(err, meta, from)
	}
	ours, err := j.own(ctx, int64(results[0].ID))
	if err != nil {
		return amocrm.ComplexResult{}, err
	}
	if !ours { // a firing that looked for a lost deal took it for its own; ours is the one that it has left
		return amocrm.ComplexResult{}, &lookAgain{after: j.s.LookGap}
	}
	return results[0], nil
}

// gotDeal stores that the deal exists and what follows from it.
func (j *job) gotDeal(ctx context.Context, r amocrm.ComplexResult, text string) error {
	st := &j.e.Steps
	made := st.LeadIntent != nil && st.LeadIntent.ContactID == 0
	st.LeadID, st.ContactID, st.ContactMade, st.LeadIntent = int64(r.ID), int64(r.ContactID), made, nil
	st.LeadURL = j.account.DealURL(st.LeadID)
	if err := j.s.ledger.Record(ctx, *j.e, fmt.Sprintf(text, st.LeadID)); err != nil {
		return err
	}
	if err := j.account.ForgetData(ctx); err != nil {
		j.s.Log.Warn("card not told of a new deal", "tenant", j.e.Tenant, "error", err)
	}
	return j.remember(ctx)
}

// remember makes sure that a new contact is found for the client although the CRM's search lags. It is not linked: a
// link hides other contacts, and that is for the agent to say.
func (j *job) remember(ctx context.Context) error {
	st := &j.e.Steps
	if !st.ContactMade || st.ContactID == 0 || st.ClientID == 0 || st.Remembered {
		return nil
	}
	if err := j.account.Remember(ctx, st.ClientID, st.ContactID); err != nil {
		return err
	}
	st.Remembered = true
	return nil
}

// note writes the comment to the deal.
func (j *job) note(ctx context.Context) error {
	st := &j.e.Steps
	text := strings.TrimSpace(j.e.Request.Comment)
	if text == "" || st.NoteID != 0 {
		return nil
	}
	if st.NoteIntent != nil {
		id, err := j.lostNote(ctx, text)
		if err != nil {
			return err
		}
		if id != 0 {
			st.NoteID, st.NoteIntent = id, nil
			return nil
		}
	}
	st.NoteIntent = &Intent{At: j.now()}
	if err := j.s.ledger.Record(ctx, *j.e, "sending the note"); err != nil {
		return err
	}
	ctx, cancel := j.withinLease(ctx)
	defer cancel()
	made, err := j.account.API().CreateNotes(ctx, "leads", []amocrm.NoteInput{{EntityID: amocrm.ID(st.LeadID),
		Type: "common", Params: map[string]any{"text": text}}})
	switch {
	case maybeDone(err), err == nil && (len(made) != 1 || made[0].ID == 0):
		return &lookAgain{after: j.s.LookGap / 4}
	case err != nil:
		st.NoteIntent = nil
		return explainNote(err)
	}
	st.NoteID, st.NoteIntent = int64(made[0].ID), nil
	if err := j.account.RememberNote(ctx, st.LeadID, st.NoteID); err != nil { // the card only lacks its mark
		j.s.Log.Warn("note not marked as ours", "tenant", j.e.Tenant, "error", err)
	}
	return nil
}

// withinLease ends a write before another worker may take the entry up.
func (j *job) withinLease(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, j.s.Lease*2/3)
}

// maybeDone says that a write may have been done although it brought an error.
func maybeDone(err error) bool {
	var e *amocrm.Error
	return errors.As(err, &e) && (e.Kind == amocrm.KindUnknownOutcome || e.Kind == amocrm.KindUpstream)
}
