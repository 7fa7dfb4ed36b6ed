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
func (s catalogs) inCatalog(of func(kind string) ApiHandler) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		kind := ""
		s.State.Read(func(*World) {
			if cat := CatalogOf(c.Account, PathID(r, "catalog")); cat != nil {
				kind = cat.Kind()
			}
		})
		if kind == "" {
			NotFound(w, "Catalog")
			return
		}
		of(kind)(w, r, c)
	}
}

// listCatalogs answers GET /catalogs with filter[id] and filter[type].
func (s catalogs) listCatalogs(w http.ResponseWriter, r *http.Request, c Caller) {
	p, ok := ReadPage(w, r, DefaultLimit, MaxLimit)
	if !ok {
		return
	}
	f := filters{r.URL.Query()}
	var items []obj
	var more bool
	s.State.Read(func(*World) {
		var all []*Catalog
		for _, cat := range c.Account.Catalogs {
			if f.id("id", cat.ID) && f.oneOf("type", cat.Type) {
				all = append(all, cat)
			}
		}
		slices.SortStableFunc(all, func(a, b *Catalog) int { return cmp.Compare(a.Sort, b.Sort) })
		var part []*Catalog
		part, more = SlicePage(all, p)
		for _, cat := range part {
			items = append(items, renderCatalog(r, c.Account, cat))
		}
	})
	AnswerPage(w, r, p, "catalogs", items, more)
}

// getCatalog answers GET /catalogs/{catalog}.
func (s catalogs) getCatalog(w http.ResponseWriter, r *http.Request, c Caller) {
	var o obj
	s.State.Read(func(*World) {
		if cat := CatalogOf(c.Account, PathID(r, "catalog")); cat != nil {
			o = renderCatalog(r, c.Account, cat)
		}
	})
	if o == nil {
		NotFound(w, "Catalog")
		return
	}
	WriteHAL(w, http.StatusOK, o)
}

// createCatalogs answers POST /catalogs.
func (s catalogs) createCatalogs(w http.ResponseWriter, r *http.Request, c Caller) {
	if items, ok := ReadBatch(w, r, MaxWrite); ok {
		s.writeCatalogs(w, r, c, items, false, func(v Check, m obj) Catalog {
			v.Required(m, "name")
			cat := Catalog{Type: Or(v.Text(m, "type"), RegularCatalog), Sort: 10, CanAdd: true, Multiple: true}
			if !slices.Contains(CatalogTypes, cat.Type) {
				v.Choice("type")
			}
			return cat
		})
	}
}

// updateCatalogs answers PATCH /catalogs.
func (s catalogs) updateCatalogs(w http.ResponseWriter, r *http.Request, c Caller) {
	if items, ok := ReadBatch(w, r, MaxWrite); ok {
		s.writeCatalogs(w, r, c, items, false, existingCatalog)
	}
}

// updateCatalog answers PATCH /catalogs/{catalog} with a bare object.
func (s catalogs) updateCatalog(w http.ResponseWriter, r *http.Request, c Caller) {
	if m, ok := ReadObject(w, r); ok {
		m["id"] = PathID(r, "catalog")
		s.writeCatalogs(w, r, c, []obj{m}, true, existingCatalog)
	}
}

// existingCatalog is the catalog that an item of an update names.
func existingCatalog(v Check, m obj) Catalog {
	id := v.OwnID(m)
	if id == nil {
		return Catalog{}
	}
	if cat := CatalogOf(v.A, *id); cat != nil {
		return *cat
	}
	v.Choice("id")
	return Catalog{}
}

// writeCatalogs makes or changes catalogs, all or none. What the items say is laid over base.
func (s catalogs) writeCatalogs(w http.ResponseWriter, r *http.Request, c Caller, items []obj, bare bool, base func(Check, obj) Catalog) {
	var bad Refusal
	var out []obj
	s.State.Write(func(state *World) {
		next := make([]Catalog, len(items))
		count := map[string]int{}
		for _, cat := range c.Account.Catalogs {
			count[""]++
			count[cat.Type]++
		}
		for i, m := range items {
			v := NewCheck(c.Account)
			next[i] = editCatalog(v, base(v, m), m)
			if cat := next[i]; cat.ID == 0 && !v.Failed() {
				count[""]++
				count[cat.Type]++
				if count[""] > MaxCatalogs || cat.Type != RegularCatalog && count[cat.Type] > 1 {
					v.NotExpected("type")
				}
			}
			rid, _ := RequestID(m, i)
			bad.Add(rid, *v.Errs)
		}
		if bad.Any() {
			return
		}
		x := s.Editor.Writer(state, c.Account, c.User)
		for i := range next {
			o := renderCatalog(r, c.Account, putCatalog(x, &next[i]))
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
		AnswerWritten(w, r, "catalogs", "catalogs", out)
	}
}

// editCatalog is cat with what the item says.
func editCatalog(v Check, cat Catalog, m obj) Catalog {
	Set(&cat.Name, v.Text(m, "name"))
	Set(&cat.Sort, v.Integer(m, "sort"))
	Set(&cat.CanAdd, v.Boolean(m, "can_add_elements"))
	Set(&cat.Multiple, v.Boolean(m, "can_link_multiple"))
	return cat
}

// putCatalog stores a catalog in place of the one with its id, or as a new one.
func putCatalog(x Writer, cat *Catalog) *Catalog {
	cat.UpdatedBy, cat.UpdatedAt = x.By, x.Now
	if old := CatalogOf(x.A, cat.ID); old != nil {
		*old = *cat
		return old
	}
	cat.ID, cat.CreatedBy, cat.CreatedAt, cat.Elements = x.W.TakeID(), x.By, x.Now, map[int64]*Base{}
	x.A.Catalogs = append(x.A.Catalogs, cat)
	return cat
}

// renderCatalog is a catalog as GET answers it.
func renderCatalog(r *http.Request, a *Account, c *Catalog) obj {
	return obj{
		"id": c.ID, "name": c.Name, "created_by": c.CreatedBy, "updated_by": c.UpdatedBy, "created_at": c.CreatedAt,
		"updated_at": c.UpdatedAt, "sort": c.Sort, "type": c.Type, "can_add_elements": c.CanAdd, "can_show_in_cards": false,
		"can_link_multiple": c.Multiple, "can_be_deleted": c.Type != "products", "sdk_widget_code": nil, "account_id": a.ID,
		"_links": SelfLink(ApiURL(r, "/"+c.Kind())),
	}
}
