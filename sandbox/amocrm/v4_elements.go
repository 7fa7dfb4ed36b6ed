package amocrm

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// listElements answers GET /catalogs/{catalog}/elements with query and filter[id].
func (s catalogs) listElements(kind string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		p, ok := ReadPage(w, r, DefaultLimit, MaxLimit)
		if !ok {
			return
		}
		q := r.URL.Query()
		f, m := filters{q}, newMatcher(q.Get("query"))
		bare := QueryList(q, "id") // the official library leaves the word filter out
		var items []obj
		var more bool
		s.State.Read(func(*World) {
			var all []*Base
			for _, b := range ElementsOf(c.Account, kind) {
				if f.id("id", b.ID) && (bare == nil || slices.Contains(bare, strconv.FormatInt(b.ID, 10))) && (m == nil || m.matches(b)) {
					all = append(all, b)
				}
			}
			var part []*Base
			part, more = SlicePage(all, p)
			for _, b := range part {
				items = append(items, renderElement(r, c.Account, kind, b))
			}
		})
		AnswerPage(w, r, p, "elements", items, more)
	}
}

// getElement answers GET /catalogs/{catalog}/elements/{id}.
func (s catalogs) getElement(kind string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		var o obj
		s.State.Read(func(*World) {
			if b := CatalogOf(c.Account, PathID(r, "catalog")).Elements[PathID(r, "id")]; b != nil {
				o = renderElement(r, c.Account, kind, b)
			}
		})
		if o == nil {
			NotFound(w, "Element")
			return
		}
		WriteHAL(w, http.StatusOK, o)
	}
}

// createElements answers POST /catalogs/{catalog}/elements.
func (s catalogs) createElements(kind string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		if items, ok := ReadBatch(w, r, MaxWrite); ok {
			s.writeElements(w, r, c, kind, items, false, true)
		}
	}
}

// updateElements answers PATCH /catalogs/{catalog}/elements.
func (s catalogs) updateElements(kind string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		if items, ok := ReadBatch(w, r, MaxWrite); ok {
			s.writeElements(w, r, c, kind, items, false, false)
		}
	}
}

// updateElement answers PATCH /catalogs/{catalog}/elements/{id} with a bare object.
func (s catalogs) updateElement(kind string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		if m, ok := ReadObject(w, r); ok {
			m["id"] = PathID(r, "id")
			s.writeElements(w, r, c, kind, []obj{m}, true, false)
		}
	}
}

// writeElements makes or changes elements, all or none. The answer tells them whole.
func (s catalogs) writeElements(w http.ResponseWriter, r *http.Request, c Caller, kind string, items []obj, bare, made bool) {
	var bad Refusal
	var out []obj
	s.State.Write(func(state *World) {
		cat := CatalogOf(c.Account, PathID(r, "catalog"))
		var drafts []*Draft
		for i, m := range items {
			v := NewCheck(c.Account)
			if made {
				v.Required(m, "name")
			}
			d := ReadDraft(v, kind, m)
			if !made {
				d.ID = readElementID(v, cat, m)
			}
			drafts = append(drafts, d)
			rid, _ := RequestID(m, i)
			bad.Add(rid, *v.Errs)
		}
		if bad.Any() {
			return
		}
		x := s.Editor.Writer(state, c.Account, c.User)
		for i, d := range drafts {
			o := renderElement(r, c.Account, kind, putElement(x, cat, d))
			if rid, sent := RequestID(items[i], i); sent || !bare {
				o["request_id"] = rid
			}
			out = append(out, o)
		}
	})
	switch {
	case bad.Any():
		bad.Write(w)
	case bare:
		WriteHAL(w, http.StatusOK, out[0])
	default:
		AnswerWritten(w, r, kind+"/elements", "elements", out)
	}
}

// readElementID reads the id of an element that must be there; 0 after an error.
func readElementID(v Check, cat *Catalog, m obj) int64 {
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
func putElement(x Writer, cat *Catalog, d *Draft) *Base {
	b := cat.Elements[d.ID]
	if b == nil {
		b = &Base{ID: x.W.TakeID(), CreatedBy: Or(d.CreatedBy, x.By), CreatedAt: Or(d.CreatedAt, x.Now)}
		cat.Elements[b.ID] = b
	}
	Set(&b.Name, d.Name)
	for _, f := range d.Fields {
		SetField(b, f)
	}
	b.UpdatedBy, b.UpdatedAt = Or(d.UpdatedBy, x.By), Or(d.UpdatedAt, x.Now)
	return b
}

// renderElement is an element as GET answers it.
func renderElement(r *http.Request, a *Account, kind string, b *Base) obj {
	o := obj{
		"id": b.ID, "name": b.Name, "created_by": b.CreatedBy, "updated_by": b.UpdatedBy, "created_at": b.CreatedAt,
		"updated_at": b.UpdatedAt, "is_deleted": false, "custom_fields_values": renderValues(a, kind, b),
		"catalog_id": PathID(r, "catalog"), "account_id": a.ID,
		"_links": SelfLink(ApiURL(r, fmt.Sprintf("/%s/elements/%d", kind, b.ID))),
	}
	if WithSet(r)["invoice_link"] {
		o["invoice_link"] = nil
	}
	return o
}

// elementMetadata is the link as reads tell it.
func elementMetadata(e ElementLink) obj {
	return obj{"quantity": e.Quantity, "catalog_id": e.CatalogID, "price_id": orNull(e.PriceID)}
}

// elementRefs are the elements on an entity, as with=catalog_elements shows them.
func elementRefs(b *Base) []obj {
	out := []obj{}
	for _, e := range b.Elements {
		out = append(out, obj{"id": e.ID, "metadata": elementMetadata(e)})
	}
	return out
}
