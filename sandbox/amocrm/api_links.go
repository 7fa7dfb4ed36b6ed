package amocrm

import (
	"fmt"
	"net/http"
	"slices"
)

// end is one end of a link between two entities.
type end struct {
	kind string
	id   int64
	meta any // of the link, seen from the other end
}

// linksOf lists what an entity is linked with.
func linksOf(a *Account, kind string, id int64) []end {
	var out []end
	add := func(to string, toID int64, meta any) { out = append(out, end{to, toID, meta}) }
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
		for _, lead := range leadsByContact(a)[id] {
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
		contacts, leads := companyMembers(a, id)
		for _, c := range contacts {
			add("contacts", c, nil)
		}
		for _, l := range leads {
			add("leads", l, nil)
		}
	}
	for _, e := range baseByID(a, kind, id).Elements {
		add(elementsKind, e.ID, e.metadata())
	}
	return out
}

func (s links) routes() []route {
	var t []route
	for _, e := range entities {
		t = append(t,
			route{"GET", "/" + e + "/links", s.listLinks(e)},
			route{"GET", "/" + e + "/{id}/links", s.listLinks(e)},
			route{"POST", "/" + e + "/link", s.link(e, true)},
			route{"POST", "/" + e + "/unlink", s.link(e, false)},
			route{"POST", "/" + e + "/{id}/link", s.link(e, true)},
			route{"POST", "/" + e + "/{id}/unlink", s.link(e, false)},
		)
	}
	return t
}

// listLinks answers GET /{entity}/{id}/links and GET /{entity}/links?filter[entity_id][]=…
func (s links) listLinks(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		f := filters{r.URL.Query()}
		owner := pathID(r, "id")
		owners := []int64{owner}
		if owner == 0 {
			if owners = f.ints("entity_id"); len(owners) == 0 {
				badRequest(w, "filter[entity_id] is required")
				return
			}
		}
		items := []obj{} // none is an empty list, not 204: the clients that know of 204 elsewhere want _embedded here
		found := false
		s.state.Read(func(*World) {
			for _, id := range owners {
				if baseByID(c.account, entity, id) == nil {
					continue
				}
				found = true
				for _, l := range linksOf(c.account, entity, id) {
					if !f.id("to_entity_id", l.id) || !f.oneOf("to_entity_type", l.kind) {
						continue
					}
					o := obj{"to_entity_id": l.id, "to_entity_type": l.kind, "metadata": l.meta}
					if owner == 0 {
						o["entity_id"], o["entity_type"] = id, entity
					}
					items = append(items, o)
				}
			}
		})
		switch {
		case owner != 0 && !found:
			notFound(w, "Entity")
		default:
			writeHAL(w, http.StatusOK, obj{
				"_total_items": len(items), "_links": selfLink(baseOf(r) + r.URL.RequestURI()),
				"_embedded": obj{"links": items},
			})
		}
	}
}

// linkOrder is one checked item of a link or unlink request.
type linkOrder struct {
	from, to end
	element  *ElementLink // when a catalog element is linked
	main     bool
	by       *int64
}

// link answers POST /{entity}/{id}/link and /unlink, and the mass forms without an id in the path.
func (s links) link(entity string, join bool) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		owner := pathID(r, "id")
		var bad refusal
		var out []obj
		missing := false
		s.state.Write(func(world *World) {
			if missing = owner != 0 && baseByID(c.account, entity, owner) == nil; missing {
				return
			}
			var orders []linkOrder
			for i, m := range items {
				v := newCheck(c.account)
				orders = append(orders, v.linkOrder(entity, owner, m))
				rid, _ := requestID(m, i)
				bad.add(rid, *v.errs)
			}
			if bad.any() {
				return
			}
			x := s.editor.writer(world, c.account, c.user)
			for _, o := range orders {
				if !join {
					x.unlink(o)
					continue
				}
				x.join(o)
				out = append(out, linkAnswer(c.account, o))
			}
		})
		switch {
		case missing:
			notFound(w, "Entity")
		case bad.any():
			bad.write(w)
		case !join:
			w.WriteHeader(http.StatusNoContent)
		default:
			path := "/" + entity + "/links"
			if owner != 0 {
				path = fmt.Sprintf("/%s/%d/links", entity, owner)
			}
			writeHAL(w, http.StatusOK, obj{
				"_total_items": len(out), "_links": selfLink(apiURL(r, path)), "_embedded": obj{"links": out},
			})
		}
	}
}

// linkable says which kinds may be linked: every pair of the three, and each with catalog elements.
func linkable(from, to string) bool { return isEntity(to) && from != to || to == elementsKind }

func (v check) linkOrder(entity string, owner int64, m obj) linkOrder {
	o := linkOrder{from: end{kind: entity, id: owner}}
	if owner == 0 {
		if m["entity_id"] == nil {
			v.missing("entity_id")
		} else if id := v.integer(m, "entity_id"); id != nil {
			if o.from.id = *id; baseByID(v.a, entity, *id) == nil {
				v.choice("entity_id")
			}
		}
	}
	if kind := v.required(m, "to_entity_type"); kind != nil {
		if o.to.kind = *kind; !linkable(entity, *kind) {
			v.choice("to_entity_type")
		}
	}
	if m["to_entity_id"] == nil {
		v.missing("to_entity_id")
	} else if id := v.integer(m, "to_entity_id"); id != nil {
		if o.to.id = *id; isEntity(o.to.kind) && baseByID(v.a, o.to.kind, *id) == nil {
			v.choice("to_entity_id")
		}
	}
	if o.to.kind == elementsKind && !v.failed() {
		o.element = v.elementLink(m, o.to.id)
	}
	if meta := v.object(m, "metadata"); meta != nil {
		at := v.under("metadata")
		o.main = or(at.boolean(meta, "is_main"), false)
		o.by = at.user(meta, "updated_by")
	}
	return o
}

// linkAnswer is a made link as the answer tells it: is_main has become main_contact.
func linkAnswer(a *Account, o linkOrder) obj {
	answer := obj{
		"entity_id": o.from.id, "entity_type": o.from.kind, "to_entity_id": o.to.id, "to_entity_type": o.to.kind, "metadata": nil,
	}
	for _, l := range linksOf(a, o.from.kind, o.from.id) {
		if l.kind == o.to.kind && l.id == o.to.id {
			answer["metadata"] = l.meta
		}
	}
	return answer
}

// sides sorts a link's ends by kind; an absent kind is 0.
func (o linkOrder) sides() (lead, contact, company int64) {
	for _, e := range []end{o.from, o.to} {
		switch e.kind {
		case "leads":
			lead = e.id
		case "contacts":
			contact = e.id
		case "companies":
			company = e.id
		}
	}
	return lead, contact, company
}

// join makes the link. A lead and a contact have one company at most: the new one replaces the old.
func (x writer) join(o linkOrder) {
	lead, contact, company := o.sides()
	switch {
	case o.element != nil:
		x.joinElement(o)
		return
	case lead != 0 && contact != 0:
		l := x.a.Leads[lead]
		list := slices.Clone(l.Contacts)
		at := slices.IndexFunc(list, func(c LeadContact) bool { return c.ID == contact })
		if at >= 0 && (!o.main || list[at].IsMain) {
			return
		}
		if at < 0 {
			list = append(list, LeadContact{ID: contact})
			at = len(list) - 1
		}
		for i := range list {
			if o.main {
				list[i].IsMain = i == at
			}
		}
		l.Contacts = withMain(list)
	case lead != 0:
		x.a.Leads[lead].CompanyID = company
	default:
		x.a.Contacts[contact].CompanyID = company
	}
	x.linkChanged("entity_linked", o)
}

// unlink removes the link; one that is not there stays not there.
func (x writer) unlink(o linkOrder) {
	lead, contact, company := o.sides()
	there := false
	switch {
	case o.element != nil:
		x.unlinkElement(o)
		return
	case lead != 0 && contact != 0:
		l := x.a.Leads[lead]
		left := slices.DeleteFunc(slices.Clone(l.Contacts), func(c LeadContact) bool { return c.ID == contact })
		there = len(left) != len(l.Contacts)
		l.Contacts = withMain(left)
	case lead != 0:
		l := x.a.Leads[lead]
		if there = l.CompanyID == company; there {
			l.CompanyID = 0
		}
	default:
		c := x.a.Contacts[contact]
		if there = c.CompanyID == company; there {
			c.CompanyID = 0
		}
	}
	if there {
		x.linkChanged("entity_unlinked", o)
	}
}

func (x writer) linkChanged(typ string, o linkOrder) {
	by := or(o.by, x.by)
	x.journal(by).linked(typ, o.from.kind, o.from.id, o.to.kind, o.to.id)
	b := baseByID(x.a, o.from.kind, o.from.id)
	b.UpdatedAt, b.UpdatedBy = x.now, by
	x.changed(change{Entity: o.from.kind, Action: "update", ID: o.from.id, By: by})
}
