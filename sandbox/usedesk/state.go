package usedesk

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// loadWorld reads the state file. No file, or no name, is no world.
func loadWorld(path string) (*world, error) {
	return kit.Load(path, "local Usedesk", func(w *world) bool {
		return w.Clients != nil && w.Tickets != nil && len(w.Users) > 0 && w.NextID >= firstFreeID
	})
}

// world is everything the local Usedesk remembers: plain data, saved as one JSON file. All access goes through a
// kit.State.
type world struct {
	Clients map[int64]*client `json:"clients"`
	Tickets map[int64]*ticket `json:"tickets"`
	Users   []user            `json:"users"`
	Fields  []scenario.Named  `json:"fields"` // of tickets, of type text
	Blocks  []*block          `json:"blocks"`
	Rules   []*rule           `json:"rules"`
	Firings []*Firing         `json:"firings"` // oldest first
	NextID  int64             `json:"next_id"` // ids of everything made after the seed
}

// user is an agent.
type user struct {
	ID                int64
	Name, Email, Role string
}

// client is a person who writes.
type client struct {
	scenario.Client // its lists may be the story's own: they are added to, never changed in place
	Note            string
	CreatedAt       int64
}

// ticket is a request with its conversation, oldest comment first.
type ticket struct {
	ID          int64
	Scenario    string // key of the story, empty for tickets made here
	Title       string
	Subject     string
	ClientID    int64
	Channel     string
	StatusID    int64
	AssigneeID  int64
	GroupID     int64
	Priority    string
	Type        string
	Tags        []string
	Fields      map[int64]string
	PublishedAt int64
	UpdatedAt   int64
	Comments    []*comment
	Changes     []ticketChange
}

// comment is one message. From is client, user or trigger; Type public or private.
type comment struct {
	ID       int64
	HTML     string
	From     string
	Type     string
	UserID   int64 // 0 unless an agent wrote it
	ClientID int64 // 0 unless the client wrote it
	At       int64
}

// ticketChange is one line of the ticket's history.
type ticketChange struct {
	ID, UserID           int64
	Target, Value        string
	At                   int64
	OldStatus, NewStatus int64
}

// block is a dynamic block (usedesk.md §1.1). Managed blocks follow the Options of the next start.
type block struct {
	ID                                   int64
	Name, Title, Content, URL, SecretKey string
	Params                               []param
	Enabled, Managed                     bool
}

// param is one POST parameter. Encode only hides the value here: what it does on the wire is not documented.
type param struct {
	Name, Value string
	Encode      bool
}

// set changes or adds a parameter.
func (b *block) set(name, value string) {
	for i := range b.Params {
		if b.Params[i].Name == name {
			b.Params[i].Value = value
			return
		}
	}
	b.Params = append(b.Params, param{Name: name, Value: value})
}

// get is the value of a parameter, empty where there is none.
func (b *block) get(name string) string {
	for _, p := range b.Params {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// block is nil for an unknown id.
func (w *world) block(id int64) *block {
	return kit.First(w.Blocks, func(b *block) bool { return b.ID == id })
}

// rule is nil for an unknown id.
func (w *world) rule(id int64) *rule {
	return kit.First(w.Rules, func(r *rule) bool { return r.ID == id })
}

// id hands out the next free id.
func (w *world) id() int64 {
	w.NextID++
	return w.NextID
}

// addClient makes a client of nothing but an id.
func (w *world) addClient(now time.Time) *client {
	c := &client{CreatedAt: now.Unix()}
	c.ID = w.id()
	w.Clients[c.ID] = c
	return c
}

// userName is an agent's name, empty for an unknown one.
func (w *world) userName(id int64) string {
	for _, u := range w.Users {
		if u.ID == id {
			return u.Name
		}
	}
	return ""
}

// newest lists the tickets, the last changed first.
func (w *world) newest() []*ticket {
	return slices.SortedFunc(maps.Values(w.Tickets), func(a, b *ticket) int {
		return cmp.Or(cmp.Compare(b.UpdatedAt, a.UpdatedAt), cmp.Compare(b.ID, a.ID))
	})
}

// clientsByID lists the clients in the order of their ids.
func (w *world) clientsByID() []*client {
	return slices.SortedFunc(maps.Values(w.Clients), func(a, b *client) int { return cmp.Compare(a.ID, b.ID) })
}

// ticketsOf are the ids of a client's tickets, in order.
func (w *world) ticketsOf(clientID int64) []int64 {
	ids := []int64{}
	for id, t := range w.Tickets {
		if t.ClientID == clientID {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// say adds a comment. Times are unix seconds.
func (w *world) say(t *ticket, c comment) *comment {
	c.ID = w.id()
	t.Comments = append(t.Comments, &c)
	t.UpdatedAt = c.At
	return &c
}

// open moves a new ticket to open, as any action on it does (usedesk.md §2.2).
func (w *world) open(t *ticket, userID, now int64) {
	if t.StatusID == statusNew {
		w.setStatus(t, statusOpen, userID, now)
	}
}

func (w *world) setStatus(t *ticket, status, userID, now int64) {
	if status == t.StatusID {
		return
	}
	t.Changes = append(t.Changes, ticketChange{ID: w.id(), UserID: userID, Target: "status_id",
		Value: idString(status), At: now, OldStatus: t.StatusID, NewStatus: status})
	t.StatusID, t.UpdatedAt = status, now
}

func (s *sender) now() time.Time { return s.opts.Now() }

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
			c = w.addClient(s.now())
			c.Name = strings.TrimSpace(n.Name)
			if e := strings.TrimSpace(n.Email); e != "" {
				c.Emails = []string{e}
			}
			if p := strings.TrimSpace(n.Phone); p != "" {
				c.Phones = []scenario.Phone{{Type: "mobile", Number: p}}
			}
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
