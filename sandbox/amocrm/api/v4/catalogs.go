package v4

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// routes are the lists of an account, their fields and their elements.
func (s catalogs) routes() []route {
	const catalog, elements = "/catalogs/{catalog}", "/catalogs/{catalog}/elements"
	return append(fields(s).routes(catalog+"/custom_fields", s.inCatalog), []route{
		{"GET", "/catalogs", s.list},
		{"POST", "/catalogs", s.create},
		{"PATCH", "/catalogs", s.updateAll},
		{"GET", catalog, s.get},
		{"PATCH", catalog, s.update},
		{"GET", elements, s.inCatalog(s.listElements)},
		{"POST", elements, s.inCatalog(s.createElements)},
		{"PATCH", elements, s.inCatalog(s.updateElements)},
		{"GET", elements + "/{id}", s.inCatalog(s.getElement)},
		{"PATCH", elements + "/{id}", s.inCatalog(s.updateElement)},
	}...)
}

// inCatalog gives a handler of one kind of entity the catalog that the path names. Catalogs are never deleted here.
func (s catalogs) inCatalog(of func(kind string) api.Handler) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		kind := ""
		s.State.Read(func(*world.World) {
			if cat := world.CatalogOf(c.Account, api.PathID(r, "catalog")); cat != nil {
				kind = cat.Kind()
			}
		})
		if kind == "" {
			api.NotFound(w, "Catalog")
			return
		}
		of(kind)(w, r, c)
	}
}

// list answers GET /catalogs with filter[id] and filter[type].
func (s catalogs) list(w http.ResponseWriter, r *http.Request, c api.Caller) {
	f := filters{r.URL.Query()}
	answerList(s.State, w, r, "catalogs", func(*world.World) []*world.Catalog {
		var all []*world.Catalog
		for _, cat := range c.Account.Catalogs {
			if f.id("id", cat.ID) && f.oneOf("type", cat.Type) {
				all = append(all, cat)
			}
		}
		slices.SortStableFunc(all, func(a, b *world.Catalog) int { return cmp.Compare(a.Sort, b.Sort) })
		return all
	}, func(cat *world.Catalog) obj { return renderCatalog(r, c.Account, cat) })
}

// get answers GET /catalogs/{catalog}.
func (s catalogs) get(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerOne(s.State, w, "Catalog", func() obj {
		if cat := world.CatalogOf(c.Account, api.PathID(r, "catalog")); cat != nil {
			return renderCatalog(r, c.Account, cat)
		}
		return nil
	})
}

// create answers POST /catalogs.
func (s catalogs) create(w http.ResponseWriter, r *http.Request, c api.Caller) {
	if items, ok := api.ReadBatch(w, r, api.MaxWrite); ok {
		s.write(w, r, c, items, false, func(v edit.Check, m obj) world.Catalog {
			v.Required(m, "name")
			cat := world.Catalog{Type: edit.Or(v.Text(m, "type"), world.RegularCatalog), Sort: 10, CanAdd: true, Multiple: true}
			if !slices.Contains(world.CatalogTypes, cat.Type) {
				v.Choice("type")
			}
			return cat
		})
	}
}

// updateAll answers PATCH /catalogs.
func (s catalogs) updateAll(w http.ResponseWriter, r *http.Request, c api.Caller) {
	if items, ok := api.ReadBatch(w, r, api.MaxWrite); ok {
		s.write(w, r, c, items, false, existingCatalog)
	}
}

// update answers PATCH /catalogs/{catalog} with a bare object.
func (s catalogs) update(w http.ResponseWriter, r *http.Request, c api.Caller) {
	if m, ok := api.ReadObject(w, r); ok {
		m["id"] = api.PathID(r, "catalog")
		s.write(w, r, c, []obj{m}, true, existingCatalog)
	}
}

// existingCatalog is the catalog that an item of an update names.
func existingCatalog(v edit.Check, m obj) world.Catalog {
	id := v.OwnID(m)
	if id == nil {
		return world.Catalog{}
	}
	if cat := world.CatalogOf(v.A, *id); cat != nil {
		return *cat
	}
	v.Choice("id")
	return world.Catalog{}
}

// write makes or changes catalogs, all or none. What the items say is laid over base.
func (s catalogs) write(w http.ResponseWriter, r *http.Request, c api.Caller, items []obj, bare bool, base func(edit.Check, obj) world.Catalog) {
	var bad edit.Refusal
	var out []obj
	s.State.Write(func(state *world.World) {
		next := make([]world.Catalog, len(items))
		count := map[string]int{}
		for _, cat := range c.Account.Catalogs {
			count[""]++
			count[cat.Type]++
		}
		if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
			next[i] = editCatalog(v, base(v, m), m)
			if cat := next[i]; cat.ID == 0 && !v.Failed() {
				count[""]++
				count[cat.Type]++
				if count[""] > world.MaxCatalogs || cat.Type != world.RegularCatalog && count[cat.Type] > 1 {
					v.NotExpected("type")
				}
			}
		}) {
			return
		}
		x := s.Editor.Writer(state, c.Account, c.User)
		for i := range next {
			o := renderCatalog(r, c.Account, putCatalog(x, &next[i]))
			if rid, sent := api.RequestID(items[i], i); sent || !bare {
				o["request_id"] = rid
			}
			out = append(out, o)
		}
	})
	answerItems(w, bad, out, bare, func() { api.AnswerWritten(w, r, "catalogs", "catalogs", out) })
}

// editCatalog is cat with what the item says.
func editCatalog(v edit.Check, cat world.Catalog, m obj) world.Catalog {
	edit.Set(&cat.Name, v.Text(m, "name"))
	edit.Set(&cat.Sort, v.Integer(m, "sort"))
	edit.Set(&cat.CanAdd, v.Boolean(m, "can_add_elements"))
	edit.Set(&cat.Multiple, v.Boolean(m, "can_link_multiple"))
	return cat
}

// putCatalog stores a catalog in place of the one with its id, or as a new one.
func putCatalog(x edit.Writer, cat *world.Catalog) *world.Catalog {
	cat.UpdatedBy, cat.UpdatedAt = x.By, x.Now
	if old := world.CatalogOf(x.A, cat.ID); old != nil {
		*old = *cat
		return old
	}
	cat.ID, cat.CreatedBy, cat.CreatedAt, cat.Elements = x.W.TakeID(), x.By, x.Now, map[int64]*world.Base{}
	x.A.Catalogs = append(x.A.Catalogs, cat)
	return cat
}

// renderCatalog is a catalog as GET answers it.
func renderCatalog(r *http.Request, a *world.Account, c *world.Catalog) obj {
	return obj{
		"id": c.ID, "name": c.Name, "created_by": c.CreatedBy, "updated_by": c.UpdatedBy, "created_at": c.CreatedAt,
		"updated_at": c.UpdatedAt, "sort": c.Sort, "type": c.Type, "can_add_elements": c.CanAdd, "can_show_in_cards": false,
		"can_link_multiple": c.Multiple, "can_be_deleted": c.Type != "products", "sdk_widget_code": nil, "account_id": a.ID,
		"_links": api.SelfLink(api.URL(r, "/"+c.Kind())),
	}
}
