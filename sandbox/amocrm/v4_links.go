package amocrm

import (
	"fmt"
	"net/http"
)

// linksOf lists what an entity is linked with.
func linksOf(a *Account, kind string, id int64) []end {
	var out []end
	add := func(to string, toID int64, meta any) { out = append(out, end{kind: to, id: toID, meta: meta}) }
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
		add(elementsKind, e.ID, elementMetadata(e))
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
		s.state.Write(func(state *World) {
			if missing = owner != 0 && baseByID(c.account, entity, owner) == nil; missing {
				return
			}
			var orders []linkOrder
			for i, m := range items {
				v := newCheck(c.account)
				orders = append(orders, readLinkOrder(v, entity, owner, m))
				rid, _ := requestID(m, i)
				bad.add(rid, *v.errs)
			}
			if bad.any() {
				return
			}
			x := s.editor.writer(state, c.account, c.user)
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
