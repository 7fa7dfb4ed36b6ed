package amocrm

import (
	"cmp"
	"net/http"
	"slices"
)

// routes are the lists of an account, their fields and their elements.
func (s catalogs) routes() []route {
	const catalog, elements = "/catalogs/{catalog}", "/catalogs/{catalog}/elements"
	return append(fields(s).routes(catalog+"/custom_fields", s.inCatalog), []route{
		{"GET", "/catalogs", s.listCatalogs},
		{"POST", "/catalogs", s.createCatalogs},
		{"PATCH", "/catalogs", s.updateCatalogs},
		{"GET", catalog, s.getCatalog},
		{"PATCH", catalog, s.updateCatalog},
		{"GET", elements, s.inCatalog(s.listElements)},
		{"POST", elements, s.inCatalog(s.createElements)},
		{"PATCH", elements, s.inCatalog(s.updateElements)},
		{"GET", elements + "/{id}", s.inCatalog(s.getElement)},
		{"PATCH", elements + "/{id}", s.inCatalog(s.updateElement)},
	}...)
}

// inCatalog gives a handler of one kind of entity the catalog that the path names. Catalogs are never deleted here.
func (s catalogs) inCatalog(of func(kind string) apiHandler) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		kind := ""
		s.state.Read(func(*World) {
			if cat := catalogOf(c.account, pathID(r, "catalog")); cat != nil {
				kind = cat.kind()
			}
		})
		if kind == "" {
			notFound(w, "Catalog")
			return
		}
		of(kind)(w, r, c)
	}
}

// listCatalogs answers GET /catalogs with filter[id] and filter[type].
func (s catalogs) listCatalogs(w http.ResponseWriter, r *http.Request, c caller) {
	p, ok := readPage(w, r, defaultLimit, maxLimit)
	if !ok {
		return
	}
	f := filters{r.URL.Query()}
	var items []obj
	var more bool
	s.state.Read(func(*World) {
		var all []*Catalog
		for _, cat := range c.account.Catalogs {
			if f.id("id", cat.ID) && f.oneOf("type", cat.Type) {
				all = append(all, cat)
			}
		}
		slices.SortStableFunc(all, func(a, b *Catalog) int { return cmp.Compare(a.Sort, b.Sort) })
		var part []*Catalog
		part, more = slicePage(all, p)
		for _, cat := range part {
			items = append(items, renderCatalog(r, c.account, cat))
		}
	})
	answerPage(w, r, p, "catalogs", items, more)
}

// getCatalog answers GET /catalogs/{catalog}.
func (s catalogs) getCatalog(w http.ResponseWriter, r *http.Request, c caller) {
	var o obj
	s.state.Read(func(*World) {
		if cat := catalogOf(c.account, pathID(r, "catalog")); cat != nil {
			o = renderCatalog(r, c.account, cat)
		}
	})
	if o == nil {
		notFound(w, "Catalog")
		return
	}
	writeHAL(w, http.StatusOK, o)
}

// createCatalogs answers POST /catalogs.
func (s catalogs) createCatalogs(w http.ResponseWriter, r *http.Request, c caller) {
	if items, ok := readBatch(w, r, maxWrite); ok {
		s.writeCatalogs(w, r, c, items, false, func(v check, m obj) Catalog {
			v.required(m, "name")
			cat := Catalog{Type: or(v.text(m, "type"), regularCatalog), Sort: 10, CanAdd: true, Multiple: true}
			if !slices.Contains(catalogTypes, cat.Type) {
				v.choice("type")
			}
			return cat
		})
	}
}

// updateCatalogs answers PATCH /catalogs.
func (s catalogs) updateCatalogs(w http.ResponseWriter, r *http.Request, c caller) {
	if items, ok := readBatch(w, r, maxWrite); ok {
		s.writeCatalogs(w, r, c, items, false, existingCatalog)
	}
}

// updateCatalog answers PATCH /catalogs/{catalog} with a bare object.
func (s catalogs) updateCatalog(w http.ResponseWriter, r *http.Request, c caller) {
	if m, ok := readObject(w, r); ok {
		m["id"] = pathID(r, "catalog")
		s.writeCatalogs(w, r, c, []obj{m}, true, existingCatalog)
	}
}

// existingCatalog is the catalog that an item of an update names.
func existingCatalog(v check, m obj) Catalog {
	id := v.ownID(m)
	if id == nil {
		return Catalog{}
	}
	if cat := catalogOf(v.a, *id); cat != nil {
		return *cat
	}
	v.choice("id")
	return Catalog{}
}

// writeCatalogs makes or changes catalogs, all or none. What the items say is laid over base.
func (s catalogs) writeCatalogs(w http.ResponseWriter, r *http.Request, c caller, items []obj, bare bool, base func(check, obj) Catalog) {
	var bad refusal
	var out []obj
	s.state.Write(func(state *World) {
		next := make([]Catalog, len(items))
		count := map[string]int{}
		for _, cat := range c.account.Catalogs {
			count[""]++
			count[cat.Type]++
		}
		for i, m := range items {
			v := newCheck(c.account)
			next[i] = editCatalog(v, base(v, m), m)
			if cat := next[i]; cat.ID == 0 && !v.failed() {
				count[""]++
				count[cat.Type]++
				if count[""] > maxCatalogs || cat.Type != regularCatalog && count[cat.Type] > 1 {
					v.notExpected("type")
				}
			}
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
		}
		if bad.any() {
			return
		}
		x := s.editor.writer(state, c.account, c.user)
		for i := range next {
			o := renderCatalog(r, c.account, putCatalog(x, &next[i]))
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
		answerWritten(w, r, "catalogs", "catalogs", out)
	}
}

// editCatalog is cat with what the item says.
func editCatalog(v check, cat Catalog, m obj) Catalog {
	set(&cat.Name, v.text(m, "name"))
	set(&cat.Sort, v.integer(m, "sort"))
	set(&cat.CanAdd, v.boolean(m, "can_add_elements"))
	set(&cat.Multiple, v.boolean(m, "can_link_multiple"))
	return cat
}

// putCatalog stores a catalog in place of the one with its id, or as a new one.
func putCatalog(x writer, cat *Catalog) *Catalog {
	cat.UpdatedBy, cat.UpdatedAt = x.by, x.now
	if old := catalogOf(x.a, cat.ID); old != nil {
		*old = *cat
		return old
	}
	cat.ID, cat.CreatedBy, cat.CreatedAt, cat.Elements = x.w.takeID(), x.by, x.now, map[int64]*Base{}
	x.a.Catalogs = append(x.a.Catalogs, cat)
	return cat
}

// renderCatalog is a catalog as GET answers it.
func renderCatalog(r *http.Request, a *Account, c *Catalog) obj {
	return obj{
		"id": c.ID, "name": c.Name, "created_by": c.CreatedBy, "updated_by": c.UpdatedBy, "created_at": c.CreatedAt,
		"updated_at": c.UpdatedAt, "sort": c.Sort, "type": c.Type, "can_add_elements": c.CanAdd, "can_show_in_cards": false,
		"can_link_multiple": c.Multiple, "can_be_deleted": c.Type != "products", "sdk_widget_code": nil, "account_id": a.ID,
		"_links": selfLink(apiURL(r, "/"+c.kind())),
	}
}
