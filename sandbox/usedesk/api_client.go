package usedesk

import (
	"slices"
	"strings"
)

// clientRow is the object inside the answer of /client (usedesk-examples/client.response.json).
func clientRow(w *world, c *client) map[string]any {
	emails, phones, socials, messengers, sites := []any{}, []any{}, []any{}, []any{}, []any{}
	for i, e := range c.Emails {
		emails = append(emails, map[string]any{"id": c.ID*10 + int64(i), "email": e, "client_id": c.ID, "fullcontact": 0, "status": ""})
	}
	for i, p := range c.Phones {
		phones = append(phones, map[string]any{"id": c.ID*10 + int64(i), "phone": p.Number, "client_id": c.ID, "type": p.Type})
	}
	for _, x := range c.Socials {
		socials = append(socials, map[string]any{"type": x.Type, "url": x.URL, "uid": x.UID, "nickname": nil})
	}
	for _, m := range c.Messengers {
		messengers = append(messengers, map[string]any{"type": m.Type, "identity": m.Identity, "uid": nil})
	}
	for _, x := range c.Sites {
		sites = append(sites, map[string]any{"url": x})
	}
	var company, companyRef any
	if c.Company != "" {
		companyRef = c.ID + 900000
		company = map[string]any{"id": companyRef, "name": c.Company, "note": nil, "domains": nil, "phone": nil, "address": nil}
	}
	return map[string]any{
		"id": c.ID, "name": c.Name, "avatar": nil, "position": orNull(c.Position), "note": orNull(c.Note), "company_id": companyID,
		"zendesk_id": nil, "spammer": 0, "vip": 0, "client_company_id": companyRef, "lang": nil, "created_at": apiTime(c.CreatedAt),
		"tickets": w.ticketsOf(c.ID), "emails": emails, "phones": phones, "social_networks": socials, "messengers": messengers,
		"addresses": []any{}, "sites": sites, "client_company": company,
	}
}

// apiClient answers an array of one, with the lists beside client that hold nothing usable (usedesk.md §2.2, trap).
func (s *api) apiClient(p params) (answer any, err error) {
	s.state.Read(func(w *world) {
		c := w.Clients[p.id("client_id")]
		if c == nil {
			err = errClient
			return
		}
		row := clientRow(w, c)
		answer = []any{map[string]any{"client": row, "emails": []any{nil}, "phones": []any{}, "social_networks": []any{},
			"messengers": []any{}, "addresses": []any{}, "sites": []any{}, "client_company": row["client_company"]}}
	})
	return answer, err
}

// apiClients answers an array; query is looked for in name, e-mails and phones.
func (s *api) apiClients(p params) (any, error) {
	query := strings.TrimSpace(p.str("query"))
	match := foldContains
	if p.str("search_type") == "full_match" {
		match = strings.EqualFold
	}
	rows := []any{}
	s.state.Read(func(w *world) {
		var found []*client
		for _, c := range w.clientsByID() {
			texts := append([]string{c.Name}, c.Emails...)
			for _, n := range c.Phones {
				texts = append(texts, n.Number)
			}
			if query == "" || slices.ContainsFunc(texts, func(s string) bool { return match(s, query) }) {
				found = append(found, c)
			}
		}
		for _, c := range page(found, p.id("offset")) {
			rows = append(rows, map[string]any{"id": c.ID, "name": c.Name, "emails": orNull(strings.Join(c.Emails, ",")),
				"phone": orNull(c.phone()), "tickets": w.ticketsOf(c.ID)})
		}
	})
	return rows, nil
}

// apiCreateClient makes a client of what is given.
func (s *api) apiCreateClient(p params) (any, error) {
	if strings.TrimSpace(p.str("name")) == "" {
		return nil, errMissing("name")
	}
	var id int64
	s.state.Write(func(w *world) {
		c := &client{ID: w.id(), CreatedAt: s.now().Unix()}
		w.Clients[c.ID] = c
		c.update(p)
		id = c.ID
	})
	return map[string]any{"client_id": id, "status": "success"}, nil
}

// apiUpdateClient changes a client; e-mails and phones are added to those there are.
func (s *api) apiUpdateClient(p params) (answer any, err error) {
	s.state.Write(func(w *world) {
		c := w.Clients[p.id("client_id")]
		if c == nil {
			err = errClient
			return
		}
		c.update(p)
		answer = map[string]any{"client_id": c.ID, "status": true}
	})
	return answer, err
}

func (c *client) update(p params) {
	for key, to := range map[string]*string{"name": &c.Name, "position": &c.Position} {
		if v := strings.TrimSpace(p.str(key)); v != "" {
			*to = v
		}
	}
	for _, e := range p.list("emails") {
		if !slices.ContainsFunc(c.Emails, func(have string) bool { return strings.EqualFold(have, e) }) {
			c.Emails = append(c.Emails, e)
		}
	}
	if n := p.str("phone"); n != "" && !slices.ContainsFunc(c.Phones, func(have phone) bool { return have.Number == n }) {
		kind := p.str("phone_type")
		if kind == "" {
			kind = "mobile"
		}
		c.Phones = append(c.Phones, phone{kind, n})
	}
	for _, m := range p.rows("messengers") {
		add := messenger{m.str("type"), m.str("identity")}
		if add.Identity != "" && !slices.Contains(c.Messengers, add) {
			c.Messengers = append(c.Messengers, add)
		}
	}
	for _, x := range p.list("sites") {
		if !slices.Contains(c.Sites, x) {
			c.Sites = append(c.Sites, x)
		}
	}
	if note := p.str("note"); note != "" {
		if c.Note == "" || !p.has("is_new_note") || p.flag("is_new_note") {
			c.Note = note
		} else {
			c.Note += "\n" + note
		}
	}
}
