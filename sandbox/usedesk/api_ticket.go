package usedesk

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// ticketRow is a ticket as the API writes it: ids are strings, a client without an address has e-mail "0".
func ticketRow(t *ticket, c *client) map[string]any {
	email := "0"
	if c != nil {
		email = cmp.Or(c.email(), email)
	}
	return map[string]any{
		"id": idString(t.ID), "status_id": idString(t.StatusID), "subject": t.Subject, "client_id": idString(t.ClientID),
		"assignee_id": idOrNull(t.AssigneeID), "group": idString(t.GroupID), "last_updated_at": apiTime(t.UpdatedAt),
		"email": email, "published_at": apiTime(t.PublishedAt), "company_id": idString(companyID),
		"channel_id": idString(channels[t.Channel].id), "priority": t.Priority, "type": t.Type, "additional_id": nil,
	}
}

func commentRow(t *ticket, i int, c *comment) map[string]any {
	return map[string]any{
		"id": idString(c.ID), "message": c.HTML, "from": c.From, "type": c.Type, "user_id": idOrNull(c.UserID),
		"client_id": idOrNull(c.ClientID), "ticket_id": idString(t.ID), "is_first": map[bool]string{true: "1", false: "0"}[i == 0], "delivered": "0", "readed": "0",
		"published_at": apiTime(c.At), "files": []any{},
	}
}

// apiTicket answers {ticket, comments, tags, changes, custom_fields}.
func apiTicket(w *world, p params) (any, error) {
	t := w.Tickets[p.id("ticket_id")]
	if t == nil {
		return nil, errTicket
	}
	fields := []any{}
	for _, f := range w.Fields {
		if v, ok := t.Fields[f.ID]; ok {
			fields = append(fields, map[string]any{"id": idString(t.ID*100 + f.ID), "ticket_id": idString(t.ID),
				"ticket_field_id": idString(f.ID), "value": v})
		}
	}
	return map[string]any{
		"ticket":        ticketRow(t, w.Clients[t.ClientID]),
		"comments":      kit.Each(t.Comments, func(i int, c *comment) map[string]any { return commentRow(t, i, c) }),
		"tags":          kit.Each(t.Tags, func(i int, tag string) map[string]any { return map[string]any{"id": i + 1, "name": tag} }),
		"custom_fields": fields,
		"changes": kit.Each(t.Changes, func(_ int, c ticketChange) map[string]any {
			return map[string]any{
				"id": idString(c.ID), "trigger_id": nil, "user_id": idOrNull(c.UserID), "ticket_id": idString(t.ID),
				"data": []any{map[string]any{"target": c.Target, "value": c.Value}}, "changed_at": apiTime(c.At),
				"old_status": idString(c.OldStatus), "new_status": idString(c.NewStatus), "company_id": idString(companyID),
			}
		}),
	}, nil
}

// apiTickets answers an array, the last changed first.
func apiTickets(w *world, p params) (any, error) {
	return kit.Each(page(w.newest(), p.id("offset")), func(_ int, t *ticket) map[string]any { return ticketRow(t, w.Clients[t.ClientID]) }), nil
}

// apiTicketFields answers the definitions; all fields of the story are texts (type 1).
func apiTicketFields(w *world, _ params) (any, error) {
	return kit.Each(w.Fields, func(i int, f scenario.Named) map[string]any {
		return map[string]any{
			"custom_field": map[string]any{"id": idString(f.ID), "company_id": idString(companyID), "ticket_field_type_id": "1",
				"name": f.Name, "value": nil, "required": "0", "add_tag": "0", "add_filter": "1", "sort": strconv.Itoa(i),
				"active": "1", "hidden": "0", "api": "0", "deleted": "0"},
			"field_options": []any{},
		}
	}), nil
}

// apiCreateTicket makes a ticket of a known client, or of a new one, and runs the rules for new tickets.
func (s *api) apiCreateTicket(p params) (any, error) {
	message := p.str("message")
	if strings.TrimSpace(message) == "" {
		return nil, errMissing("message")
	}
	n := newTicket{ClientID: p.id("client_id"), Name: p.str("client_name"), Email: p.str("client_email"),
		Phone: p.str("client_phone"), Subject: p.str("subject"), Message: message, Channel: "api"}
	id, err := s.createTicket(n)
	if err != nil {
		return nil, err
	}
	return map[string]any{"status": "success", "ticket_id": id}, nil
}

// apiCreateComment adds a comment; private unless told otherwise. It opens a new ticket: whether the real method has
// a switch against that is not known.
func (s *api) apiCreateComment(w *world, p params) (any, error) {
	message := p.str("message")
	switch {
	case strings.TrimSpace(message) == "":
		return nil, errMissing("message")
	case len(message) > maxMessage || !utf8.ValidString(message):
		return nil, apiError{104, "message is longer than 65536 bytes or not UTF-8"}
	}
	t, now := w.Tickets[p.id("ticket_id")], s.now().Unix()
	if t == nil {
		return nil, errTicket
	}
	c := comment{HTML: message, From: "user", Type: "private", UserID: w.actor(p.id("user_id")), At: now}
	if p.str("type") == "public" {
		c.Type = "public"
	}
	if p.str("from") == "client" {
		c.From, c.UserID, c.ClientID = "client", 0, t.ClientID
	}
	made := w.say(t, c)
	w.open(t, c.UserID, now)
	return map[string]any{"status": "success", "comment_id": made.ID}, nil
}

// actor is the named agent, or the first of the account.
func (w *world) actor(id int64) int64 {
	if w.userName(id) != "" {
		return id
	}
	return w.Users[0].ID
}

// apiUpdateTicket changes what is given. Tags are added to those there are. Unless silent, a new ticket becomes open.
func (s *api) apiUpdateTicket(w *world, p params) (any, error) {
	t, now := w.Tickets[p.id("ticket_id")], s.now().Unix()
	if t == nil {
		return nil, errTicket
	}
	if id := p.id("client_id"); id != 0 && w.Clients[id] == nil {
		return nil, errClient
	}
	status := p.id("status")
	if status != 0 && statusNames[status] == "" {
		return nil, apiError{105, "status must be 1 to 10"}
	}
	actor := w.actor(p.id("user_id"))
	if err := w.edit(t, p, actor, now); err != nil {
		return nil, err
	}
	if status != 0 {
		w.setStatus(t, status, actor, now)
	} else if !p.flag("silent") {
		w.open(t, actor, now)
	}
	t.UpdatedAt = now
	return map[string]any{"status": "success"}, nil
}

// edit applies everything of update/ticket but the status, and notes each change.
func (w *world) edit(t *ticket, p params, actor, now int64) error {
	if p.str("field_id") != "" {
		if err := w.editFields(t, strings.Split(p.str("field_id"), ";"), strings.Split(p.str("field_value"), ";"), actor, now); err != nil {
			return err
		}
	}
	for key, to := range map[string]*string{"subject": &t.Subject, "priority": &t.Priority, "type": &t.Type} {
		if p.has(key) {
			*to = p.str(key)
			w.note(t, key, *to, actor, now)
		}
	}
	for key, to := range map[string]*int64{"client_id": &t.ClientID, "assignee_id": &t.AssigneeID, "group_id": &t.GroupID} {
		if p.has(key) {
			*to = p.id(key)
			w.note(t, key, p.str(key), actor, now)
		}
	}
	for _, tag := range strings.Split(p.str("tag"), ",") {
		if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(t.Tags, tag) {
			t.Tags = append(t.Tags, tag)
			w.note(t, "new_tags", tag, actor, now)
		}
	}
	return nil
}

// editFields sets the fields of the same places in both lists, or none when one of them can't be set.
func (w *world) editFields(t *ticket, names, values []string, actor, now int64) error {
	if len(names) != len(values) {
		return apiError{106, "field_id and field_value have different lengths"}
	}
	ids := make([]int64, len(names))
	for i, name := range names {
		ids[i] = kit.ParseID(strings.TrimSpace(name))
		if !slices.ContainsFunc(w.Fields, func(f scenario.Named) bool { return f.ID == ids[i] }) || utf8.RuneCountInString(values[i]) > 255 {
			return apiError{106, "unknown field or value longer than 255 characters: " + name}
		}
	}
	for i, id := range ids {
		t.Fields[id] = values[i]
		w.note(t, "ticket_field", values[i], actor, now)
	}
	return nil
}

// note records a change that leaves the status alone.
func (w *world) note(t *ticket, target, value string, actor, now int64) {
	t.Changes = append(t.Changes, ticketChange{ID: w.id(), UserID: actor, Target: target, Value: value, At: now,
		OldStatus: t.StatusID, NewStatus: t.StatusID})
}

// apiUsers answers the agents.
func apiUsers(w *world, _ params) (any, error) {
	return kit.Each(w.Users, func(_ int, u user) map[string]any {
		return map[string]any{"id": u.ID, "name": u.Name, "email": u.Email, "role": u.Role, "groups": []any{}}
	}), nil
}

// apiGroups answers the groups of agents: this account has none.
func apiGroups(params) (any, error) { return []any{}, nil }

// apiChannels answers the channels, by id; they have no names beside their types.
func apiChannels(params) (any, error) {
	kinds := slices.SortedFunc(maps.Keys(channels), func(a, b string) int { return cmp.Compare(channels[a].id, channels[b].id) })
	return kit.Each(kinds, func(_ int, kind string) map[string]any {
		return map[string]any{"channel_id": channels[kind].id, "channel_name": kind, "channel_type": kind}
	}), nil
}
