package usedesk

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/sidecard/sidecard/sandbox/scenario"
)

// companyID is the Usedesk account that all rows name.
const companyID int64 = 153561

// firstFreeID is above every id of the story.
const firstFreeID int64 = 3000000

// fresh is the world of the scenario with the default block and the default rule.
func (s *Server) fresh() *world {
	now := s.now()
	w := &world{
		Clients: map[int64]*client{}, Tickets: map[int64]*ticket{}, NextID: firstFreeID,
		Users: []user{
			{ID: 545, Name: "Alex Rowan", Email: "alex.rowan@example.com", Role: "admin"},
			{ID: 546, Name: "Мария Котова", Email: "maria.kotova@example.com", Role: "engineer"},
			{ID: 547, Name: "Diego Salas", Email: "diego.salas@example.com", Role: "engineer"},
		},
	}
	for _, id := range slices.Sorted(maps.Keys(s.scenario.TicketFields)) {
		w.Fields = append(w.Fields, scenario.Named{ID: id, Name: s.scenario.TicketFields[id]})
	}
	for _, c := range s.scenario.Clients {
		w.Clients[c.ID] = &client{Client: c, CreatedAt: now.AddDate(-1, 0, 0).Unix()}
	}
	for _, t := range s.scenario.Tickets {
		w.Tickets[t.ID] = seedTicket(w, t, now)
	}
	w.Blocks = []*block{{
		ID: 1, Name: "amoCRM", Title: "amoCRM", Content: "amoCRM", Enabled: true, Managed: true,
		Params: []param{{Name: "amo_base_host"}, {Name: "usedesk_api_token", Value: s.opts.Token, Encode: true}, {Name: "language", Value: "en"}},
	}}
	w.Rules = []*rule{{
		ID: DefaultRule, Name: "Create a lead in amoCRM", When: whenNewTicket, Encoding: encodingJSON, Enabled: true, Managed: true,
		Action: layOut(action{Data: json.RawMessage(publishedData)}),
	}}
	return w
}

// seedTicket spreads the messages over the ticket's age: the first is as old as the ticket.
func seedTicket(w *world, t scenario.Ticket, now time.Time) *ticket {
	born := now.Add(-time.Duration(t.Age) * time.Hour).Unix()
	made := &ticket{ID: t.ID, Scenario: t.Scenario, Title: t.Title, Subject: t.Subject, ClientID: t.ClientID,
		Channel: t.Channel, StatusID: t.StatusID, AssigneeID: w.Users[0].ID, Fields: maps.Clone(t.Fields),
		Priority: "medium", Type: "question", PublishedAt: born, UpdatedAt: born}
	if made.Fields == nil {
		made.Fields = map[int64]string{}
	}
	step := int64(t.Age) * 3600 / int64(len(t.Messages)+1)
	for i, m := range t.Messages {
		c := comment{HTML: m.HTML, From: m.From, Type: "public", At: born + int64(i)*step}
		if m.From == "client" {
			c.ClientID = t.ClientID
		} else {
			c.UserID = w.Users[0].ID
		}
		w.say(made, c)
	}
	return made
}
