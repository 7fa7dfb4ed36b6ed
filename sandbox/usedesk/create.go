package usedesk

import (
	"strings"
)

// newTicket is what a form or an API call says about a ticket. Without ClientID a new client is made.
type newTicket struct {
	ClientID           int64
	Name, Email, Phone string
	Subject, Message   string
	Channel            string
}

// createTicket stores the ticket and starts the rules for new tickets. Message is HTML.
func (s *sender) createTicket(n newTicket) (int64, error) {
	now := s.now().Unix()
	var id int64
	var err error
	s.state.Write(func(w *world) {
		c := w.Clients[n.ClientID]
		switch {
		case n.ClientID != 0 && c == nil:
			err = errClient
			return
		case c == nil:
			c = &client{ID: w.id(), Name: strings.TrimSpace(n.Name), CreatedAt: now}
			if e := strings.TrimSpace(n.Email); e != "" {
				c.Emails = []string{e}
			}
			if p := strings.TrimSpace(n.Phone); p != "" {
				c.Phones = []phone{{"mobile", p}}
			}
			w.Clients[c.ID] = c
		}
		t := &ticket{ID: w.id(), Subject: strings.TrimSpace(n.Subject), ClientID: c.ID, Channel: n.Channel, StatusID: statusNew,
			Priority: "medium", Type: "question", Fields: map[int64]string{}, PublishedAt: now, UpdatedAt: now}
		w.Tickets[t.ID] = t
		w.say(t, comment{HTML: n.Message, From: "client", Type: "public", ClientID: c.ID, At: now})
		id = t.ID
	})
	if err != nil {
		return 0, err
	}
	s.fireNew(id)
	return id, nil
}
