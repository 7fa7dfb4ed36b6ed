package v4

import (
	"net/http"
	"net/url"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// maxComplex is how many leads one complex request may carry (amocrm.md §5.3).
const maxComplex = 50

// createComplex answers POST /leads/complex with a bare array: lead, at most one contact and one company each.
func (s cards) createComplex(w http.ResponseWriter, r *http.Request, c api.Caller) {
	items, ok := api.ReadBatch(w, r, maxComplex)
	if !ok {
		return
	}
	var bad edit.Refusal
	out := []obj{}
	s.State.Write(func(state *world.World) {
		var drafts []*edit.Draft
		for i, m := range items {
			drafts = append(drafts, bad.ComplexDraft(c.Account, m, i))
		}
		if bad.Any() {
			return
		}
		x := s.Editor.Writer(state, c.Account, c.User)
		for i, d := range drafts {
			x.CreateNested(d)
			id := x.Create("leads", d)
			if d.Unsorted {
				x.RecordUnsorted(id, edit.UnsortedCategory(items[i]), d, items[i])
			}
			o := obj{
				"id": id, "contact_id": nil, "company_id": orNull(d.Company), "request_id": complexIDs(d), "merged": false,
			}
			if len(d.Contacts) > 0 {
				o["contact_id"] = d.Contacts[0].ID
			}
			out = append(out, o)
		}
	})
	if bad.Any() {
		bad.Write(w)
		return
	}
	api.WriteHAL(w, http.StatusOK, out)
}

// complexIDs are the request_ids of lead, contact and company; a lead always has one.
func complexIDs(d *edit.Draft) []string {
	ids := []string{d.RequestID}
	for _, n := range []*edit.Draft{d.NewContact, d.NewCompany} {
		if n != nil && n.SentID {
			ids = append(ids, n.RequestID)
		}
	}
	return ids
}

func (s cards) routes() []route {
	t := []route{{"POST", "/leads/complex", s.createComplex}}
	for _, e := range world.Entities {
		t = append(t,
			route{"GET", "/" + e, s.list(e)},
			route{"POST", "/" + e, s.create(e)},
			route{"PATCH", "/" + e, s.updateAll(e)},
			route{"GET", "/" + e + "/{id}", s.get(e)},
			route{"PATCH", "/" + e + "/{id}", s.update(e)},
		)
	}
	return t
}

// list answers GET /leads, /contacts, /companies (amocrm.md §4.1, §5.1).
func (s cards) list(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		var v view
		answerList(s.State, w, r, entity, func(state *world.World) []*world.Base {
			v = newView(r, c.Account, entity)
			return s.selected(state, c.Account, entity, r.URL.Query(), v)
		}, func(b *world.Base) obj {
			if b.Deleted {
				return v.renderDeleted(c.Account.Leads[b.ID])
			}
			return v.entity(entity, b.ID)
		})
	}
}

// selected applies bin, query, filter and order of a list.
func (s cards) selected(w *world.World, a *world.Account, entity string, q url.Values, v view) []*world.Base {
	m := newMatcher(q.Get("query"))
	f := filters{q}
	hiddenAfter := s.Now().Add(-w.IndexLag).UnixMilli()
	var out []*world.Base
	filtering := a.FilterOn && f.any()
	for _, b := range f.candidates(a, entity) {
		switch {
		case b.Deleted != (entity == "leads" && v.with["only_deleted"]),
			m != nil && !m.matches(b),
			m != nil && w.IndexLag > 0 && entity == "contacts" && a.Contacts[b.ID].MadeAt > hiddenAfter,
			filtering && !f.takes(a, entity, b, v.closest):
		default:
			out = append(out, b)
		}
	}
	key, desc := ordering(q, "updated_at", "created_at", "id")
	sortBy(out, desc, func(b *world.Base) (int64, int64) {
		switch key {
		case "updated_at":
			return b.UpdatedAt, b.ID
		case "created_at":
			return b.CreatedAt, b.ID
		}
		return b.ID, b.ID
	})
	return out
}

// get answers GET /{entity}/{id}; a missing one is 204.
func (s cards) get(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		var o obj
		s.State.Read(func(*world.World) {
			if id := api.PathID(r, "id"); world.BaseByID(c.Account, entity, id) != nil {
				o = newView(r, c.Account, entity).entity(entity, id)
			}
		})
		api.AnswerOne(w, o)
	}
}

// create answers POST /{entity}: an array, all or nothing, never deduplicated.
func (s cards) create(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		items, ok := api.ReadBatch(w, r, api.MaxWrite)
		if !ok {
			return
		}
		var bad edit.Refusal
		var out []obj
		s.State.Write(func(state *world.World) {
			var drafts []*edit.Draft
			for i, m := range items {
				drafts = append(drafts, bad.Draft(c.Account, entity, m, i, nil))
			}
			if bad.Any() {
				return
			}
			x := s.Editor.Writer(state, c.Account, c.User)
			for _, d := range drafts {
				id := x.Create(entity, d)
				out = append(out, obj{"id": id, "request_id": d.RequestID, "_links": api.SelfLink(entityURL(r, entity, id))})
			}
		})
		answerItems(w, bad, out, false, func() { api.AnswerWritten(w, r, entity, entity, out) })
	}
}

// updateAll answers PATCH /{entity}: an array whose items carry their ids.
func (s cards) updateAll(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerPatched(w, r, c, entity, entity, s.patch(entity))
	}
}

// update answers PATCH /{entity}/{id} with a bare object.
func (s cards) update(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerPatchedOne(w, r, c, api.PathID(r, "id"), s.patch(entity))
	}
}

// patch checks all items, then carries them out.
func (s cards) patch(entity string) change {
	return func(r *http.Request, c api.Caller, items []obj) (out []obj, bad edit.Refusal) {
		s.State.Write(func(state *world.World) {
			var drafts []*edit.Draft
			for i, m := range items {
				v := edit.NewCheck(c.Account)
				id := v.Existing(m, "id", entity)
				if v.Failed() {
					rid, _ := api.RequestID(m, i)
					bad.Add(rid, *v.Errs)
					continue
				}
				drafts = append(drafts, bad.Draft(c.Account, entity, m, i, world.BaseByID(c.Account, entity, id)))
			}
			if bad.Any() {
				return
			}
			x := s.Editor.Writer(state, c.Account, c.User)
			for _, d := range drafts {
				x.Update(entity, d)
				b := world.BaseByID(c.Account, entity, d.ID)
				o := obj{"id": d.ID, "updated_at": b.UpdatedAt, "_links": api.SelfLink(entityURL(r, entity, d.ID))}
				if entity != "leads" {
					o["name"] = b.Name
				}
				if d.SentID {
					o["request_id"] = d.RequestID
				}
				out = append(out, o)
			}
		})
		return out, bad
	}
}
