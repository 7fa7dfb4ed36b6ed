package usedesk

import (
	"html"
	"net/http"
	"strings"
)

// ticketLine is one row of the list.
type ticketLine struct {
	ID                                             int64
	Subject, Client, Channel, Story, Updated, Last string
	Status                                         int64
	UpdatedAt                                      int64
}

func (s *pages) pageTickets(w http.ResponseWriter, r *http.Request) {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	var lines []ticketLine
	s.state.Read(func(w *world) {
		for _, t := range w.newest() {
			c := w.Clients[t.ClientID]
			line := ticketLine{ID: t.ID, Subject: t.Subject, Client: c.Name, Channel: t.Channel, Story: t.Title,
				Updated: ago(s.now(), t.UpdatedAt), UpdatedAt: t.UpdatedAt, Status: t.StatusID}
			if line.Client == "" {
				line.Client = c.address()
			}
			text := strings.Join([]string{idString(t.ID), line.Subject, line.Client, line.Story, t.Scenario}, "\n")
			if query == "" || foldContains(text, query) {
				lines = append(lines, line)
			}
		}
	})
	s.show(w, http.StatusOK, "tickets", frame{Title: "Tickets", Section: "tickets", Data: map[string]any{"Lines": lines, "Query": query}})
}

// newTicketForm keeps what was typed when something is missing.
type newTicketForm struct {
	newTicket
	Clients []client
}

func (s *pages) pageNewTicket(w http.ResponseWriter, _ *http.Request) {
	s.showNewTicket(w, http.StatusOK, newTicket{Channel: "email"}, "")
}

func (s *pages) showNewTicket(w http.ResponseWriter, status int, n newTicket, problem string) {
	form := newTicketForm{newTicket: n}
	s.state.Read(func(w *world) {
		for _, c := range w.clientsByID() {
			short := client{ID: c.ID, Name: c.Name}
			if short.Name == "" {
				short.Name = c.address()
			}
			form.Clients = append(form.Clients, short)
		}
	})
	s.show(w, status, "new", frame{Title: "New ticket", Section: "new", Error: problem, Data: form})
}

func (s *pages) postNewTicket(w http.ResponseWriter, r *http.Request) {
	n := newTicket{Name: r.FormValue("name"), Email: r.FormValue("email"), Phone: r.FormValue("phone"),
		Subject: r.FormValue("subject"), Message: r.FormValue("message"), Channel: r.FormValue("channel"),
		ClientID: params{"id": r.FormValue("client_id")}.id("id")}
	if _, known := channels[n.Channel]; !known {
		n.Channel = "email"
	}
	switch {
	case strings.TrimSpace(n.Message) == "":
		s.showNewTicket(w, http.StatusUnprocessableEntity, n, "Write a message first.")
		return
	case n.ClientID == 0 && strings.TrimSpace(n.Name+n.Email+n.Phone) == "":
		s.showNewTicket(w, http.StatusUnprocessableEntity, n, "Pick a client, or give the new one a name, a phone or an e-mail.")
		return
	}
	typed := n.Message
	n.Message = plainHTML(typed)
	id, err := s.createTicket(n)
	if err != nil {
		n.Message = typed
		s.showNewTicket(w, http.StatusUnprocessableEntity, n, err.Error())
		return
	}
	redirect(w, r, "/tickets/"+idString(id))
}

// plainHTML is typed text as a message.
func plainHTML(typed string) string {
	text := strings.ReplaceAll(strings.TrimSpace(typed), "\r\n", "\n")
	return "<p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") + "</p>"
}
