package v4

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// listElements answers GET /catalogs/{catalog}/elements with query and filter[id].
func (s catalogs) listElements(kind string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		q := r.URL.Query()
		f, m := filters{q}, newMatcher(q.Get("query"))
		bare := api.QueryList(q, "id") // the official library leaves the word filter out
		answerList(s.State, w, r, "elements", func(*world.World) []*world.Base {
			var all []*world.Base
			for _, b := range world.ElementsOf(c.Account, kind) {
				if f.id("id", b.ID) && (bare == nil || slices.Contains(bare, strconv.FormatInt(b.ID, 10))) && (m == nil || m.matches(b)) {
					all = append(all, b)
				}
			}
			return all
		}, func(b *world.Base) obj { return renderElement(r, c.Account, kind, b) })
	}
}

// getElement answers GET /catalogs/{catalog}/elements/{id}.
func (s catalogs) getElement(kind string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerOne(s.State, w, "Element", func() obj {
			if b := world.CatalogOf(c.Account, api.PathID(r, "catalog")).Elements[api.PathID(r, "id")]; b != nil {
				return renderElement(r, c.Account, kind, b)
			}
			return nil
		})
	}
}

// createElements answers POST /catalogs/{catalog}/elements.
func (s catalogs) createElements(kind string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		if items, ok := api.ReadBatch(w, r, api.MaxWrite); ok {
			s.writeElements(w, r, c, kind, items, false, true)
		}
	}
}

// updateElements answers PATCH /catalogs/{catalog}/elements.
func (s catalogs) updateElements(kind string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		if items, ok := api.ReadBatch(w, r, api.MaxWrite); ok {
			s.writeElements(w, r, c, kind, items, false, false)
		}
	}
}

// updateElement answers PATCH /catalogs/{catalog}/elements/{id} with a bare object.
func (s catalogs) updateElement(kind string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		if m, ok := api.ReadObject(w, r); ok {
			m["id"] = api.PathID(r, "id")
			s.writeElements(w, r, c, kind, []obj{m}, true, false)
		}
	}
}

// writeElements makes or changes elements, all or none. The answer tells them whole.
func (s catalogs) writeElements(w http.ResponseWriter, r *http.Request, c api.Caller, kind string, items []obj, bare, made bool) {
	var bad edit.Refusal
	var out []obj
	s.State.Write(func(state *world.World) {
		cat := world.CatalogOf(c.Account, api.PathID(r, "catalog"))
		var drafts []*edit.Draft
		if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
			if made {
				v.Required(m, "name")
			}
			d := edit.ReadDraft(v, kind, m)
			if !made {
				d.ID = readElementID(v, cat, m)
			}
			drafts = append(drafts, d)
		}) {
			return
		}
		x := s.Editor.Writer(state, c.Account, c.User)
		for i, d := range drafts {
			o := renderElement(r, c.Account, kind, putElement(x, cat, d))
			if rid, sent := api.RequestID(items[i], i); sent || !bare {
				o["request_id"] = rid
			}
			out = append(out, o)
		}
	})
	answerItems(w, bad, out, bare, func() { api.AnswerWritten(w, r, kind+"/elements", "elements", out) })
}

// readElementID reads the id of an element that must be there; 0 after an error.
func readElementID(v edit.Check, cat *world.Catalog, m obj) int64 {
	id := v.OwnID(m)
	if id == nil {
		return 0
	}
	if cat.Elements[*id] == nil {
		v.Choice("id")
		return 0
	}
	return *id
}

// putElement changes the element that the draft names, or makes one.
func putElement(x edit.Writer, cat *world.Catalog, d *edit.Draft) *world.Base {
	b := cat.Elements[d.ID]
	if b == nil {
		b = &world.Base{ID: x.W.TakeID(), CreatedBy: edit.Or(d.CreatedBy, x.By), CreatedAt: edit.Or(d.CreatedAt, x.Now)}
		cat.Elements[b.ID] = b
	}
	edit.Set(&b.Name, d.Name)
	for _, f := range d.Fields {
		edit.SetField(b, f)
	}
	b.UpdatedBy, b.UpdatedAt = edit.Or(d.UpdatedBy, x.By), edit.Or(d.UpdatedAt, x.Now)
	return b
}

// renderElement is an element as GET answers it.
func renderElement(r *http.Request, a *world.Account, kind string, b *world.Base) obj {
	o := obj{
		"id": b.ID, "name": b.Name, "created_by": b.CreatedBy, "updated_by": b.UpdatedBy, "created_at": b.CreatedAt,
		"updated_at": b.UpdatedAt, "is_deleted": false, "custom_fields_values": renderValues(a, kind, b),
		"catalog_id": api.PathID(r, "catalog"), "account_id": a.ID,
		"_links": api.SelfLink(api.URL(r, fmt.Sprintf("/%s/elements/%d", kind, b.ID))),
	}
	if api.WithSet(r)["invoice_link"] {
		o["invoice_link"] = nil
	}
	return o
}

// elementMetadata is the link as reads tell it.
func elementMetadata(e world.ElementLink) obj {
	return obj{"quantity": e.Quantity, "catalog_id": e.CatalogID, "price_id": orNull(e.PriceID)}
}

// elementRefs are the elements on an entity, as with=catalog_elements shows them.
func elementRefs(b *world.Base) []obj {
	out := []obj{}
	for _, e := range b.Elements {
		out = append(out, obj{"id": e.ID, "metadata": elementMetadata(e)})
	}
	return out
}
