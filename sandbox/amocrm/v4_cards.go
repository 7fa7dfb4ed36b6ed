package amocrm

import (
	"net/http"
	"net/url"
)

// maxComplex is how many leads one complex request may carry (amocrm.md §5.3).
const maxComplex = 50

// createComplex answers POST /leads/complex with a bare array: lead, at most one contact and one company each.
func (s cards) createComplex(w http.ResponseWriter, r *http.Request, c caller) {
	items, ok := readBatch(w, r, maxComplex)
	if !ok {
		return
	}
	var bad refusal
	out := []obj{}
	s.state.Write(func(state *World) {
		var drafts []*draft
		for i, m := range items {
			drafts = append(drafts, bad.complexDraft(c.account, m, i))
		}
		if bad.any() {
			return
		}
		x := s.editor.writer(state, c.account, c.user)
		for i, d := range drafts {
			x.createNested(d)
			id := x.create("leads", d)
			if d.unsorted {
				x.recordUnsorted(id, unsortedCategory(items[i]), d, items[i])
			}
			o := obj{
				"id": id, "contact_id": nil, "company_id": orNull(d.company), "request_id": complexIDs(d), "merged": false,
			}
			if len(d.contacts) > 0 {
				o["contact_id"] = d.contacts[0].ID
			}
			out = append(out, o)
		}
	})
	if bad.any() {
		bad.write(w)
		return
	}
	writeHAL(w, http.StatusOK, out)
}

// complexIDs are the request_ids of lead, contact and company; a lead always has one.
func complexIDs(d *draft) []string {
	ids := []string{d.requestID}
	for _, n := range []*draft{d.newContact, d.newCompany} {
		if n != nil && n.sentID {
			ids = append(ids, n.requestID)
		}
	}
	return ids
}

func (s cards) routes() []route {
	t := []route{{"POST", "/leads/complex", s.createComplex}}
	for _, e := range entities {
		t = append(t,
			route{"GET", "/" + e, s.listEntities(e)},
			route{"POST", "/" + e, s.createEntities(e)},
			route{"PATCH", "/" + e, s.updateEntities(e)},
			route{"GET", "/" + e + "/{id}", s.getEntity(e)},
			route{"PATCH", "/" + e + "/{id}", s.updateEntity(e)},
		)
	}
	return t
}

// listEntities answers GET /leads, /contacts, /companies (amocrm.md §4.1, §5.1).
func (s cards) listEntities(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		p, ok := readPage(w, r, defaultLimit, maxLimit)
		if !ok {
			return
		}
		var items []obj
		var more bool
		s.state.Read(func(state *World) {
			v := newView(r, c.account, entity)
			var part []*Base
			part, more = slicePage(s.selectEntities(state, c.account, entity, r.URL.Query(), v), p)
			for _, b := range part {
				if b.Deleted {
					items = append(items, v.renderDeleted(c.account.Leads[b.ID]))
				} else {
					items = append(items, v.entity(entity, b.ID))
				}
			}
		})
		answerPage(w, r, p, entity, items, more)
	}
}

// selectEntities applies bin, query, filter and order of a list.
func (s cards) selectEntities(w *World, a *Account, entity string, q url.Values, v view) []*Base {
	m := newMatcher(q.Get("query"))
	f := filters{q}
	hiddenAfter := s.now().Add(-w.IndexLag).UnixMilli()
	var out []*Base
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
	sortBy(out, desc, func(b *Base) (int64, int64) {
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

// getEntity answers GET /{entity}/{id}; a missing one is 204.
func (s cards) getEntity(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		var o obj
		s.state.Read(func(*World) {
			if id := pathID(r, "id"); baseByID(c.account, entity, id) != nil {
				o = newView(r, c.account, entity).entity(entity, id)
			}
		})
		answerOne(w, o)
	}
}

// createEntities answers POST /{entity}: an array, all or nothing, never deduplicated.
func (s cards) createEntities(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		var bad refusal
		var out []obj
		s.state.Write(func(state *World) {
			var drafts []*draft
			for i, m := range items {
				drafts = append(drafts, bad.draft(c.account, entity, m, i, nil))
			}
			if bad.any() {
				return
			}
			x := s.editor.writer(state, c.account, c.user)
			for _, d := range drafts {
				id := x.create(entity, d)
				out = append(out, obj{"id": id, "request_id": d.requestID, "_links": selfLink(entityURL(r, entity, id))})
			}
		})
		if bad.any() {
			bad.write(w)
			return
		}
		answerWritten(w, r, entity, entity, out)
	}
}

// updateEntities answers PATCH /{entity}: an array whose items carry their ids.
func (s cards) updateEntities(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		if out, bad := s.patch(r, c, entity, items); bad.any() {
			bad.write(w)
		} else {
			answerWritten(w, r, entity, entity, out)
		}
	}
}

// updateEntity answers PATCH /{entity}/{id} with a bare object.
func (s cards) updateEntity(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		m, ok := readObject(w, r)
		if !ok {
			return
		}
		m["id"] = pathID(r, "id")
		if out, bad := s.patch(r, c, entity, []obj{m}); bad.any() {
			bad.write(w)
		} else {
			writeHAL(w, http.StatusOK, out[0])
		}
	}
}

// patch checks all items, then carries them out.
func (s cards) patch(r *http.Request, c caller, entity string, items []obj) (out []obj, bad refusal) {
	s.state.Write(func(state *World) {
		var drafts []*draft
		for i, m := range items {
			v := newCheck(c.account)
			id := v.existing(m, entity)
			if v.failed() {
				rid, _ := requestID(m, i)
				bad.add(rid, *v.errs)
				continue
			}
			drafts = append(drafts, bad.draft(c.account, entity, m, i, baseByID(c.account, entity, id)))
		}
		if bad.any() {
			return
		}
		x := s.editor.writer(state, c.account, c.user)
		for _, d := range drafts {
			x.update(entity, d)
			b := baseByID(c.account, entity, d.id)
			o := obj{"id": d.id, "updated_at": b.UpdatedAt, "_links": selfLink(entityURL(r, entity, d.id))}
			if entity != "leads" {
				o["name"] = b.Name
			}
			if d.sentID {
				o["request_id"] = d.requestID
			}
			out = append(out, o)
		}
	})
	return out, bad
}
