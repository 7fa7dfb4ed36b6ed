package usedesk

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// languages are those that the quick links offer.
var languages = []string{"en", "es", "pt", "ru", "uk", "uz"}

// message is a comment as the page shows it.
type message struct {
	Author, When, At string
	Mine, Private    bool
	HTML             template.HTML
}

// ticketView is the ticket card.
type ticketView struct {
	Ticket                     ticket
	Client                     client
	Created, Channel, Assignee string
	Messages                   []message
	Blocks                     []block
	Rules                      []rule
	Log                        firingsView
	Languages                  []string
	Language                   string
	Others                     []int64 // further tickets of the client
	Statuses                   []int64
	Fields                     []fieldLine
}

type fieldLine struct{ Name, Value string }

// firingsView is the log of one ticket; Waiting makes the page ask again.
type firingsView struct {
	TicketID int64
	Waiting  bool
	Firings  []Firing
}

func (s *pages) pageTicket(w http.ResponseWriter, r *http.Request) {
	view, found := s.viewTicket(pathID(r, "id"))
	if !found {
		s.pageMissing(w, r)
		return
	}
	s.show(w, http.StatusOK, "ticket", frame{Title: cmp.Or(view.Ticket.Subject, "(no subject)"), Section: "tickets", Data: view})
}

// viewTicket copies what the page shows, so that nothing is rendered under the lock.
func (s *pages) viewTicket(id int64) (v ticketView, found bool) {
	now := s.now()
	s.state.Read(func(w *world) {
		t := w.Tickets[id]
		if t == nil {
			return
		}
		found = true
		c := w.Clients[t.ClientID]
		v = ticketView{Ticket: *t, Client: *c, Created: ago(now, t.PublishedAt), Channel: t.Channel, Assignee: w.userName(t.AssigneeID), Languages: languages,
			Statuses: []int64{statusOpen, statusPending, statusHold, statusSolved, statusClosed}, Log: w.firingsOf(id)}
		if t.StatusID == statusNew {
			v.Statuses = append([]int64{statusNew}, v.Statuses...)
		}
		v.Ticket.Tags = slices.Clone(t.Tags)
		v.Messages = kit.Each(t.Comments, func(_ int, m *comment) message {
			return message{Author: w.author(m, c), When: ago(now, m.At), At: apiTime(m.At),
				Mine: m.From != "client", Private: m.Type == "private", HTML: cleanHTML(m.HTML)}
		})
		for _, b := range w.Blocks {
			if b.Enabled {
				v.Blocks = append(v.Blocks, *b)
				v.Language = cmp.Or(v.Language, b.get("language"))
			}
		}
		for _, rl := range w.Rules {
			if rl.Enabled {
				v.Rules = append(v.Rules, *rl)
			}
		}
		v.Others = slices.DeleteFunc(w.ticketsOf(c.ID), func(other int64) bool { return other == id })
		for _, f := range w.Fields {
			if value := t.Fields[f.ID]; value != "" {
				v.Fields = append(v.Fields, fieldLine{f.Name, value})
			}
		}
	})
	return v, found
}

func (w *world) author(m *comment, c *client) string {
	if name := w.userName(m.UserID); name != "" {
		return name
	}
	if m.From == "client" {
		return cmp.Or(c.Name, "Client")
	}
	return "Rule"
}

// firingsOf lists a ticket's firings, the newest first.
func (w *world) firingsOf(ticketID int64) firingsView {
	v := firingsView{TicketID: ticketID}
	for _, f := range slices.Backward(w.Firings) {
		if f.TicketID == ticketID {
			v.Firings = append(v.Firings, *f)
			v.Waiting = v.Waiting || f.Pending
		}
	}
	return v
}

// fragmentFirings is the log alone, for the page that waits for an answer.
func (s *pages) fragmentFirings(w http.ResponseWriter, r *http.Request) {
	var v firingsView
	s.state.Read(func(w *world) { v = w.firingsOf(pathID(r, "id")) })
	s.render(w, http.StatusOK, "ticket", "firings", v)
}

// fragmentBlock asks the block on the page's behalf and passes its HTML on as it came.
func (s *pages) fragmentBlock(w http.ResponseWriter, r *http.Request) {
	var url string
	var body map[string]any
	s.state.Read(func(w *world) {
		t, b := w.Tickets[pathID(r, "id")], w.block(pathID(r, "block"))
		if t != nil && b != nil && b.Enabled {
			url, body = b.URL, blockRequest(b, t, w.Clients[t.ClientID], r.URL.Query().Get("reload") == "1")
		}
	})
	if body == nil {
		http.Error(w, "no such ticket or block", http.StatusNotFound)
		return
	}
	content, outcome := s.loadBlock(r.Context(), url, body)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Block-Outcome", outcome)
	w.Write([]byte(content)) //nolint:errcheck // the browser is gone
}

// postMessage adds a reply, a private comment, or a message of the client.
func (s *pages) postMessage(w http.ResponseWriter, r *http.Request) {
	id := pathID(r, "id")
	text, as := r.FormValue("message"), r.FormValue("as")
	if strings.TrimSpace(text) == "" || len(text) > maxMessage {
		redirect(w, r, "/tickets/"+idString(id))
		return
	}
	now := s.now().Unix()
	s.change(w, r, "/tickets/"+idString(id)+"#reply", func(w *world) bool {
		t := w.Tickets[id]
		if t == nil {
			return false
		}
		c := comment{HTML: plainHTML(text), From: "user", Type: "public", UserID: w.Users[0].ID, At: now}
		switch as {
		case "client":
			c.From, c.UserID, c.ClientID = "client", 0, t.ClientID
		case "private":
			c.Type = "private"
		}
		w.say(t, c)
		if as != "client" {
			w.open(t, c.UserID, now)
		}
		return true
	})
}

func (s *pages) postStatus(w http.ResponseWriter, r *http.Request) {
	id, status := pathID(r, "id"), kit.ParseID(strings.TrimSpace(r.FormValue("status")))
	s.change(w, r, "/tickets/"+idString(id), func(w *world) bool {
		t := w.Tickets[id]
		if t == nil || statusNames[status] == "" {
			return false
		}
		w.setStatus(t, status, w.Users[0].ID, s.now().Unix())
		return true
	})
}

// postRunRule starts a rule by hand; the page shows the answer when it comes.
func (s *pages) postRunRule(w http.ResponseWriter, r *http.Request) {
	s.fireLater(pathID(r, "rule"), pathID(r, "id"))
	redirect(w, r, "/tickets/"+idString(pathID(r, "id"))+"#rules")
}

// postLanguage sets the parameter language of every block.
func (s *pages) postLanguage(w http.ResponseWriter, r *http.Request) {
	if language := r.FormValue("language"); slices.Contains(languages, language) {
		s.state.Write(func(w *world) {
			for _, b := range w.Blocks {
				b.set("language", language)
			}
		})
	}
	redirect(w, r, "/tickets/"+idString(pathID(r, "id")))
}
