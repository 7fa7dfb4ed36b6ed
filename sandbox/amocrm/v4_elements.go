package amocrm

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// listElements answers GET /catalogs/{catalog}/elements with query and filter[id].
func (s catalogs) listElements(kind string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		p, ok := readPage(w, r, defaultLimit, maxLimit)
		if !ok {
			return
		}
		q := r.URL.Query()
		f, m := filters{q}, newMatcher(q.Get("query"))
		bare := queryList(q, "id") // the official library leaves the word filter out
		var items []obj
		var more bool
		s.state.Read(func(*World) {
			var all []*Base
			for _, b := range elementsOf(c.account, kind) {
				if f.id("id", b.ID) && (bare == nil || slices.Contains(bare, strconv.FormatInt(b.ID, 10))) && (m == nil || m.matches(b)) {
					all = append(all, b)
				}
			}
			var part []*Base
			part, more = slicePage(all, p)
			for _, b := range part {
				items = append(items, renderElement(r, c.account, kind, b))
			}
		})
		answerPage(w, r, p, "elements", items, more)
	}
}

// getElement answers GET /catalogs/{catalog}/elements/{id}.
func (s catalogs) getElement(kind string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		var o obj
		s.state.Read(func(*World) {
			if b := catalogOf(c.account, pathID(r, "catalog")).Elements[pathID(r, "id")]; b != nil {
				o = renderElement(r, c.account, kind, b)
			}
		})
		if o == nil {
			notFound(w, "Element")
			return
		}
		writeHAL(w, http.StatusOK, o)
	}
}

// createElements answers POST /catalogs/{catalog}/elements.
func (s catalogs) createElements(kind string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		if items, ok := readBatch(w, r, maxWrite); ok {
			s.writeElements(w, r, c, kind, items, false, true)
		}
	}
}

// updateElements answers PATCH /catalogs/{catalog}/elements.
func (s catalogs) updateElements(kind string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		if items, ok := readBatch(w, r, maxWrite); ok {
			s.writeElements(w, r, c, kind, items, false, false)
		}
	}
}

// updateElement answers PATCH /catalogs/{catalog}/elements/{id} with a bare object.
func (s catalogs) updateElement(kind string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		if m, ok := readObject(w, r); ok {
			m["id"] = pathID(r, "id")
			s.writeElements(w, r, c, kind, []obj{m}, true, false)
		}
	}
}

// writeElements makes or changes elements, all or none. The answer tells them whole.
func (s catalogs) writeElements(w http.ResponseWriter, r *http.Request, c caller, kind string, items []obj, bare, made bool) {
	var bad refusal
	var out []obj
	s.state.Write(func(state *World) {
		cat := catalogOf(c.account, pathID(r, "catalog"))
		var drafts []*draft
		for i, m := range items {
			v := newCheck(c.account)
			if made {
				v.required(m, "name")
			}
			d := readDraft(v, kind, m)
			if !made {
				d.id = readElementID(v, cat, m)
			}
			drafts = append(drafts, d)
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
		}
		if bad.any() {
			return
		}
		x := s.editor.writer(state, c.account, c.user)
		for i, d := range drafts {
			o := renderElement(r, c.account, kind, putElement(x, cat, d))
			if rid, sent := requestID(items[i], i); sent || !bare {
				o["request_id"] = rid
			}
			out = append(out, o)
		}
	})
	switch {
	case bad.any():
		bad.write(w)
	case bare:
		writeHAL(w, http.StatusOK, out[0])
	default:
		answerWritten(w, r, kind+"/elements", "elements", out)
	}
}

// readElementID reads the id of an element that must be there; 0 after an error.
func readElementID(v check, cat *Catalog, m obj) int64 {
	id := v.ownID(m)
	if id == nil {
		return 0
	}
	if cat.Elements[*id] == nil {
		v.choice("id")
		return 0
	}
	return *id
}

// putElement changes the element that the draft names, or makes one.
func putElement(x writer, cat *Catalog, d *draft) *Base {
	b := cat.Elements[d.id]
	if b == nil {
		b = &Base{ID: x.w.takeID(), CreatedBy: or(d.createdBy, x.by), CreatedAt: or(d.createdAt, x.now)}
		cat.Elements[b.ID] = b
	}
	set(&b.Name, d.name)
	for _, f := range d.fields {
		setField(b, f)
	}
	b.UpdatedBy, b.UpdatedAt = or(d.updatedBy, x.by), or(d.updatedAt, x.now)
	return b
}

// renderElement is an element as GET answers it.
func renderElement(r *http.Request, a *Account, kind string, b *Base) obj {
	o := obj{
		"id": b.ID, "name": b.Name, "created_by": b.CreatedBy, "updated_by": b.UpdatedBy, "created_at": b.CreatedAt,
		"updated_at": b.UpdatedAt, "is_deleted": false, "custom_fields_values": renderValues(a, kind, b),
		"catalog_id": pathID(r, "catalog"), "account_id": a.ID,
		"_links": selfLink(apiURL(r, fmt.Sprintf("/%s/elements/%d", kind, b.ID))),
	}
	if withSet(r)["invoice_link"] {
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
