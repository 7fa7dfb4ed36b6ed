package v4

import (
	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

var linkRoutes = []route{
	{"GET", "/{entity}/links", nil, listLinks},
	{"GET", "/{entity}/{id}/links", nil, listLinks},
	{"POST", "/{entity}/link", batch, link(true)},
	{"POST", "/{entity}/unlink", batch, link(false)},
	{"POST", "/{entity}/{id}/link", batch, link(true)},
	{"POST", "/{entity}/{id}/unlink", batch, link(false)},
}

// linksOf lists what an entity is linked with.
func linksOf(a *world.Account, kind string, id int64) []edit.End {
	var out []edit.End
	add := func(to string, toID int64, meta any) { out = append(out, edit.End{Kind: to, ID: toID, Meta: meta}) }
	switch kind {
	case "leads":
		l := a.Leads[id]
		for _, c := range l.Contacts {
			add("contacts", c.ID, obj{"main_contact": c.IsMain})
		}
		if l.CompanyID != 0 {
			add("companies", l.CompanyID, nil)
		}
	case "contacts":
		for _, lead := range world.LeadsByContact(a)[id] {
			for _, c := range a.Leads[lead].Contacts {
				if c.ID == id {
					add("leads", lead, obj{"main_contact": c.IsMain})
				}
			}
		}
		if company := a.Contacts[id].CompanyID; company != 0 {
			add("companies", company, nil)
		}
	case "companies":
		contacts, leads := world.CompanyMembers(a, id)
		for _, c := range contacts {
			add("contacts", c, nil)
		}
		for _, l := range leads {
			add("leads", l, nil)
		}
	}
	for _, e := range world.BaseByID(a, kind, id).Elements {
		add(world.ElementsKind, e.ID, elementMetadata(e))
	}
	return out
}

// listLinks answers GET /{entity}/{id}/links and GET /{entity}/links?filter[entity_id][]=…
func listLinks(q *call) answer {
	owner := q.id("id")
	owners := []int64{owner}
	switch {
	case owner == 0:
		if owners = q.f.ints("entity_id"); len(owners) == 0 {
			return badRequest("filter[entity_id] is required")
		}
	case world.BaseByID(q.A, q.kind, owner) == nil:
		return missing("Entity")
	}
	items := []obj{} // none is an empty list, not 204: the clients that know of 204 elsewhere want _embedded here
	for _, id := range owners {
		if world.BaseByID(q.A, q.kind, id) == nil {
			continue
		}
		for _, l := range linksOf(q.A, q.kind, id) {
			if !q.f.id("to_entity_id", l.ID) || !q.f.oneOf("to_entity_type", l.Kind) {
				continue
			}
			o := obj{"to_entity_id": l.ID, "to_entity_type": l.Kind, "metadata": l.Meta}
			if owner == 0 {
				o["entity_id"], o["entity_type"] = id, q.kind
			}
			items = append(items, o)
		}
	}
	o := totalled("links", items)
	o["_links"] = selfLink(api.BaseURL(q.r) + q.r.URL.RequestURI())
	return ok(o)
}

// link answers POST /{entity}/{id}/link and, unless join, /unlink, and the mass forms without an id in the path.
func link(join bool) handler {
	return func(q *call) answer {
		owner := q.id("id")
		if owner != 0 && world.BaseByID(q.A, q.kind, owner) == nil {
			return missing("Entity")
		}
		var orders []edit.LinkOrder
		if !q.check(func(v edit.Check, m obj, _ int) { orders = append(orders, edit.ReadLinkOrder(v, q.kind, owner, m)) }) {
			return nil
		}
		if !join {
			for _, o := range orders {
				q.Unlink(o)
			}
			return nil
		}
		for i, o := range orders {
			q.Join(o)
			q.tell(i, never, linkAnswer(q.A, o))
		}
		o := totalled("links", q.out)
		if o["_links"] = q.self(q.kind, "links"); owner != 0 {
			o["_links"] = q.self(q.kind, owner, "links")
		}
		return ok(o)
	}
}

// linkAnswer is a made link as the answer tells it: is_main has become main_contact.
func linkAnswer(a *world.Account, o edit.LinkOrder) obj {
	answer := obj{
		"entity_id": o.From.ID, "entity_type": o.From.Kind, "to_entity_id": o.To.ID, "to_entity_type": o.To.Kind, "metadata": nil,
	}
	for _, l := range linksOf(a, o.From.Kind, o.From.ID) {
		if l.Kind == o.To.Kind && l.ID == o.To.ID {
			answer["metadata"] = l.Meta
		}
	}
	return answer
}
