package usedesk

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// clientRow is the object inside the answer of /client (usedesk-examples/client.response.json).
func clientRow(w *world, c *client) map[string]any {
	var company, companyRef any
	if c.Company != "" {
		companyRef = c.ID + 900000
		company = map[string]any{"id": companyRef, "name": c.Company, "note": nil, "domains": nil, "phone": nil, "address": nil}
	}
	return map[string]any{
		"id": c.ID, "name": c.Name, "avatar": nil, "position": kit.OrNull(c.Position), "note": kit.OrNull(c.Note), "company_id": companyID,
		"zendesk_id": nil, "spammer": 0, "vip": 0, "client_company_id": companyRef, "lang": nil, "created_at": apiTime(c.CreatedAt),
		"tickets": w.ticketsOf(c.ID), "addresses": []any{}, "client_company": company,
		"emails": kit.Each(c.Emails, func(i int, e string) map[string]any {
			return map[string]any{"id": c.ID*10 + int64(i), "email": e, "client_id": c.ID, "fullcontact": 0, "status": ""}
		}),
		"phones": kit.Each(c.Phones, func(i int, p scenario.Phone) map[string]any {
			return map[string]any{"id": c.ID*10 + int64(i), "phone": p.Number, "client_id": c.ID, "type": p.Type}
		}),
		"social_networks": kit.Each(c.Socials, func(_ int, x scenario.Social) map[string]any {
			return map[string]any{"type": x.Type, "url": x.URL, "uid": x.UID, "nickname": nil}
		}),
		"messengers": kit.Each(c.Messengers, func(_ int, m scenario.Messenger) map[string]any {
			return map[string]any{"type": m.Type, "identity": m.Identity, "uid": nil}
		}),
		"sites": kit.Each(c.Sites, func(_ int, x string) map[string]any { return map[string]any{"url": x} }),
	}
}

// apiClient answers an array of one, with the lists beside client that hold nothing usable (usedesk.md §2.2, trap).
func apiClient(w *world, p params) (any, error) {
	c := w.Clients[p.id("client_id")]
	if c == nil {
		return nil, errClient
	}
	row := clientRow(w, c)
	return []any{map[string]any{"client": row, "emails": []any{nil}, "phones": []any{}, "social_networks": []any{},
		"messengers": []any{}, "addresses": []any{}, "sites": []any{}, "client_company": row["client_company"]}}, nil
}

// apiClients answers an array; query is looked for in name, e-mails and phones.
func apiClients(w *world, p params) (any, error) {
	query := strings.TrimSpace(p.str("query"))
	match := foldContains
	if p.str("search_type") == "full_match" {
		match = strings.EqualFold
	}
	found := slices.DeleteFunc(w.clientsByID(), func(c *client) bool {
		texts := append([]string{c.Name}, c.Emails...)
		for _, n := range c.Phones {
			texts = append(texts, n.Number)
		}
		return query != "" && !slices.ContainsFunc(texts, func(s string) bool { return match(s, query) })
	})
	return kit.Each(page(found, p.id("offset")), func(_ int, c *client) map[string]any {
		return map[string]any{"id": c.ID, "name": c.Name, "emails": kit.OrNull(strings.Join(c.Emails, ",")),
			"phone": kit.OrNull(c.phone()), "tickets": w.ticketsOf(c.ID)}
	}), nil
}

// apiCreateClient makes a client of what is given.
func (s *api) apiCreateClient(w *world, p params) (any, error) {
	if strings.TrimSpace(p.str("name")) == "" {
		return nil, errMissing("name")
	}
	c := w.addClient(s.now())
	c.update(p)
	return map[string]any{"client_id": c.ID, "status": "success"}, nil
}

// apiUpdateClient changes a client; e-mails and phones are added to those there are.
func apiUpdateClient(w *world, p params) (any, error) {
	c := w.Clients[p.id("client_id")]
	if c == nil {
		return nil, errClient
	}
	c.update(p)
	return map[string]any{"client_id": c.ID, "status": true}, nil
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
	if n := p.str("phone"); n != "" && !slices.ContainsFunc(c.Phones, func(have scenario.Phone) bool { return have.Number == n }) {
		c.Phones = append(c.Phones, scenario.Phone{Type: cmp.Or(p.str("phone_type"), "mobile"), Number: n})
	}
	for _, m := range p.rows("messengers") {
		add := scenario.Messenger{Type: m.str("type"), Identity: m.str("identity")}
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
