package v4

import (
	"fmt"
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

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

func (s links) routes() []route {
	var t []route
	for _, e := range world.Entities {
		t = append(t,
			route{"GET", "/" + e + "/links", s.list(e)},
			route{"GET", "/" + e + "/{id}/links", s.list(e)},
			route{"POST", "/" + e + "/link", s.link(e, true)},
			route{"POST", "/" + e + "/unlink", s.link(e, false)},
			route{"POST", "/" + e + "/{id}/link", s.link(e, true)},
			route{"POST", "/" + e + "/{id}/unlink", s.link(e, false)},
		)
	}
	return t
}

// list answers GET /{entity}/{id}/links and GET /{entity}/links?filter[entity_id][]=…
func (s links) list(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		f := filters{r.URL.Query()}
		owner := api.PathID(r, "id")
		owners := []int64{owner}
		if owner == 0 {
			if owners = f.ints("entity_id"); len(owners) == 0 {
				api.BadRequest(w, "filter[entity_id] is required")
				return
			}
		}
		items := []obj{} // none is an empty list, not 204: the clients that know of 204 elsewhere want _embedded here
		found := false
		s.State.Read(func(*world.World) {
			for _, id := range owners {
				if world.BaseByID(c.Account, entity, id) == nil {
					continue
				}
				found = true
				for _, l := range linksOf(c.Account, entity, id) {
					if !f.id("to_entity_id", l.ID) || !f.oneOf("to_entity_type", l.Kind) {
						continue
					}
					o := obj{"to_entity_id": l.ID, "to_entity_type": l.Kind, "metadata": l.Meta}
					if owner == 0 {
						o["entity_id"], o["entity_type"] = id, entity
					}
					items = append(items, o)
				}
			}
		})
		switch {
		case owner != 0 && !found:
			api.NotFound(w, "Entity")
		default:
			api.WriteHAL(w, http.StatusOK, obj{
				"_total_items": len(items), "_links": api.SelfLink(api.BaseURL(r) + r.URL.RequestURI()),
				"_embedded": obj{"links": items},
			})
		}
	}
}

// link answers POST /{entity}/{id}/link and /unlink, and the mass forms without an id in the path.
func (s links) link(entity string, join bool) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		items, ok := api.ReadBatch(w, r, api.MaxWrite)
		if !ok {
			return
		}
		owner := api.PathID(r, "id")
		var bad edit.Refusal
		var out []obj
		missing := false
		s.State.Write(func(state *world.World) {
			if missing = owner != 0 && world.BaseByID(c.Account, entity, owner) == nil; missing {
				return
			}
			var orders []edit.LinkOrder
			if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
				orders = append(orders, edit.ReadLinkOrder(v, entity, owner, m))
			}) {
				return
			}
			x := s.Editor.Writer(state, c.Account, c.User)
			for _, o := range orders {
				if !join {
					x.Unlink(o)
					continue
				}
				x.Join(o)
				out = append(out, linkAnswer(c.Account, o))
			}
		})
		switch {
		case missing:
			api.NotFound(w, "Entity")
		case bad.Any():
			bad.Write(w)
		case !join:
			w.WriteHeader(http.StatusNoContent)
		default:
			path := "/" + entity + "/links"
			if owner != 0 {
				path = fmt.Sprintf("/%s/%d/links", entity, owner)
			}
			api.WriteHAL(w, http.StatusOK, obj{
				"_total_items": len(out), "_links": api.SelfLink(api.URL(r, path)), "_embedded": obj{"links": out},
			})
		}
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
