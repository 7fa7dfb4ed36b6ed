package v4

import (
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// maxComplex is how many leads one complex request may carry (amocrm.md §5.3).
const maxComplex = 50

var cardRoutes = []route{
	{"POST", "/leads/complex", upTo(maxComplex), createComplex},
	{"GET", "/{entity}", nil, func(q *call) answer { return list(q.kind, selectCards, renderCard)(q) }},
	{"POST", "/{entity}", batch, createCards},
	{"PATCH", "/{entity}", batch, patchCards},
	{"GET", "/{entity}/{id}", nil, getCard},
	{"PATCH", "/{entity}/{id}", object("id"), patchCards},
}

// createComplex answers POST /leads/complex with a bare array: lead, at most one contact and one company each.
var createComplex = each(never, func(_ *call, v edit.Check, m obj, i int) *edit.Draft {
	return v.ComplexDraft(m, i)
}, func(q *call, d *edit.Draft) obj {
	id, _ := q.CreateComplex(d)
	o := obj{"id": id, "contact_id": nil, "company_id": kit.OrNull(d.Company), "request_id": complexIDs(d), "merged": false}
	if len(d.Contacts) > 0 {
		o["contact_id"] = d.Contacts[0].ID
	}
	return o
}, func(q *call) answer { return ok(q.out) })

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

// selectCards applies bin, query, filter and order of GET /leads, /contacts, /companies (amocrm.md §4.1, §5.1).
func selectCards(q *call) []*world.Base {
	m := newMatcher(q.f.Get("query"))
	hiddenAfter := time.UnixMilli(q.NowMS).Add(-q.W.IndexLag).UnixMilli()
	filtering := q.A.FilterOn && q.f.any()
	all := kept(q.f.candidates(q.A, q.kind), func(b *world.Base) bool {
		return b.Deleted == (q.kind == "leads" && q.with["only_deleted"]) &&
			(m == nil || m.matches(b) && !(q.W.IndexLag > 0 && q.kind == "contacts" && q.A.Contacts[b.ID].MadeAt > hiddenAfter)) &&
			(!filtering || q.takes(b))
	})
	id := func(b *world.Base) int64 { return b.ID }
	return order(q.f, all, id, id,
		by[*world.Base]{"updated_at", func(b *world.Base) int64 { return b.UpdatedAt }},
		by[*world.Base]{"created_at", func(b *world.Base) int64 { return b.CreatedAt }},
		by[*world.Base]{"id", id})
}

// getCard answers GET /{entity}/{id}; a missing one is 204.
func getCard(q *call) answer {
	if b := world.BaseByID(q.A, q.kind, q.id("id")); b != nil {
		return ok(renderCard(q, b))
	}
	return nil
}

// createCards answers POST /{entity}: an array, all or nothing, never deduplicated.
var createCards = each(always, func(q *call, v edit.Check, m obj, i int) *edit.Draft {
	return v.CardDraft(q.kind, m, i, 0)
}, func(q *call, d *edit.Draft) obj {
	id := q.Create(q.kind, d)
	return obj{"id": id, "_links": q.self(q.kind, id)}
}, written(""))

// patchCards answers PATCH /{entity}, an array whose items carry their ids, and PATCH /{entity}/{id}.
var patchCards = each(ifSent, func(q *call, v edit.Check, m obj, i int) *edit.Draft {
	id := v.Existing(m, "id", q.kind)
	if v.Failed() {
		return nil
	}
	return v.CardDraft(q.kind, m, i, id)
}, func(q *call, d *edit.Draft) obj {
	q.Update(q.kind, d)
	b := world.BaseByID(q.A, q.kind, d.ID)
	o := obj{"id": d.ID, "updated_at": b.UpdatedAt, "_links": q.self(q.kind, d.ID)}
	if q.kind != "leads" {
		o["name"] = b.Name
	}
	return o
}, written(""))
