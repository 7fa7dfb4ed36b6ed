package usedesk

import (
	"cmp"
	"html"
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
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
			line := ticketLine{ID: t.ID, Subject: t.Subject, Client: cmp.Or(c.Name, c.address()), Channel: t.Channel, Story: t.Title,
				Updated: ago(s.now(), t.UpdatedAt), UpdatedAt: t.UpdatedAt, Status: t.StatusID}
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
	Clients []scenario.Named
}

func (s *pages) pageNewTicket(w http.ResponseWriter, _ *http.Request) {
	s.showNewTicket(w, http.StatusOK, newTicket{Channel: "email"}, "")
}

func (s *pages) showNewTicket(w http.ResponseWriter, status int, n newTicket, problem string) {
	form := newTicketForm{newTicket: n}
	s.state.Read(func(w *world) {
		for _, c := range w.clientsByID() {
			form.Clients = append(form.Clients, scenario.Named{ID: c.ID, Name: cmp.Or(c.Name, c.address())})
		}
	})
	s.show(w, status, "new", frame{Title: "New ticket", Section: "new", Error: problem, Data: form})
}

func (s *pages) postNewTicket(w http.ResponseWriter, r *http.Request) {
	n := newTicket{Name: r.FormValue("name"), Email: r.FormValue("email"), Phone: r.FormValue("phone"),
		Subject: r.FormValue("subject"), Message: r.FormValue("message"), Channel: r.FormValue("channel"),
		ClientID: kit.ParseID(strings.TrimSpace(r.FormValue("client_id")))}
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
