package usedesk

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

//go:embed templates
var templateFiles embed.FS

var pageFuncs = template.FuncMap{
	"clean": cleanHTML, "idString": idString,
	"initials":   func(name string) string { return cmp.Or(kit.Initials(name, unicode.IsLetter), "?") },
	"statusName": func(id int64) string { return statusNames[id] },
	"orDash": func(s string) string {
		if strings.TrimSpace(s) == "" {
			return "—"
		}
		return s
	},
	"channelNames": func() []string { return slices.Sorted(maps.Keys(channels)) },
	"ms":           func(d time.Duration) int64 { return d.Milliseconds() },
	"utc":          apiTime,
}

// templates holds one set for each page: the layout, the shared parts and the page itself.
var templates = func() map[string]*template.Template {
	sets := map[string]*template.Template{}
	for _, name := range []string{"tickets", "ticket", "new", "blocks", "rules", "missing"} {
		sets[name] = template.Must(template.New("").Funcs(pageFuncs).ParseFS(templateFiles,
			"templates/layout.html", "templates/parts.html", "templates/"+name+".html"))
	}
	return sets
}()

// frame is what the layout needs; Data is the page's own.
type frame struct {
	Title, Section, Error string
	Saved                 bool
	Open                  int // tickets that wait
	Data                  any
}

// pages are what an agent sees.
type pages struct{ *sender }

// show renders a page. A page that fails is an error page, not half a page.
func (s *pages) show(w http.ResponseWriter, status int, name string, f frame) {
	s.state.Read(func(w *world) {
		for _, t := range w.Tickets {
			if t.StatusID == statusNew || t.StatusID == statusOpen {
				f.Open++
			}
		}
	})
	s.render(w, status, name, "layout", f)
}

func (s *pages) render(w http.ResponseWriter, status int, name, part string, data any) {
	var b bytes.Buffer
	if err := templates[name].ExecuteTemplate(&b, part, data); err != nil {
		s.log.Error("page not rendered", "page", name, "error", err)
		http.Error(w, "the page could not be rendered", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b.Bytes()) //nolint:errcheck // the browser is gone
}

// change runs f under the write lock and goes on to an address; what f does not find is a missing page.
func (s *pages) change(w http.ResponseWriter, r *http.Request, to string, f func(w *world) (found bool)) {
	found := false
	s.state.Write(func(w *world) { found = f(w) })
	if !found {
		s.pageMissing(w, r)
		return
	}
	redirect(w, r, to)
}

// pageMissing answers every unknown page.
func (s *pages) pageMissing(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusNotFound, "missing", frame{Title: "Not found", Data: r.URL.Path})
}

// pathID is an id in the path, 0 when it is no number.
func pathID(r *http.Request, name string) int64 { return kit.ParseID(r.PathValue(name)) }

// ago returns an age in words, for a person.
func ago(now time.Time, unix int64) string {
	switch d := now.Sub(time.Unix(unix, 0)); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// ticketLine is one row of the list.
type ticketLine struct {
	ID                                       int64
	Subject, Client, Channel, Story, Updated string
	Status                                   int64
	UpdatedAt                                int64
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
		form.Clients = kit.Each(w.clientsByID(), func(_ int, c *client) scenario.Named {
			return scenario.Named{ID: c.ID, Name: cmp.Or(c.Name, c.address())}
		})
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
