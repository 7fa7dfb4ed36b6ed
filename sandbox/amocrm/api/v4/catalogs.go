package v4

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

const catalogPath = "/catalogs/{catalog}"

// catalogRoutes are the lists of an account and their elements.
var catalogRoutes = []route{
	{"GET", "/catalogs", nil, list("catalogs", selectCatalogs, renderCatalog)},
	{"POST", "/catalogs", batch, writeCatalogs(newCatalog)},
	{"PATCH", "/catalogs", batch, writeCatalogs(knownCatalog)},
	{"GET", catalogPath, nil, one("Catalog", catalogAt, renderCatalog)},
	{"PATCH", catalogPath, object("catalog"), writeCatalogs(knownCatalog)},
	{"GET", catalogPath + "/elements", nil, list("elements", selectElements, renderElement)},
	{"POST", catalogPath + "/elements", batch, createElements},
	{"PATCH", catalogPath + "/elements", batch, patchElements},
	{"GET", catalogPath + "/elements/{id}", nil, one("Element", elementAt, renderElement)},
	{"PATCH", catalogPath + "/elements/{id}", object("id"), patchElements},
}

// catalogAt is the catalog that the path names.
func catalogAt(q *call) *world.Catalog { return world.CatalogOf(q.A, q.id("catalog")) }

// selectCatalogs applies filter[id] and filter[type].
func selectCatalogs(q *call) []*world.Catalog {
	all := kept(q.A.Catalogs, func(c *world.Catalog) bool { return q.f.id("id", c.ID) && q.f.oneOf("type", c.Type) })
	slices.SortStableFunc(all, func(a, b *world.Catalog) int { return cmp.Compare(a.Sort, b.Sort) })
	return all
}

func newCatalog(v edit.Check, m obj) world.Catalog {
	v.Required(m, "name")
	c := world.Catalog{Type: edit.Or(v.Text(m, "type"), world.RegularCatalog), Sort: 10, CanAdd: true, Multiple: true}
	if !slices.Contains(world.CatalogTypes, c.Type) {
		v.Choice("type")
	}
	return c
}

func knownCatalog(v edit.Check, m obj) world.Catalog {
	if c := edit.Known(v, m, "id", func(id int64) *world.Catalog { return world.CatalogOf(v.A, id) }); c != nil {
		return *c
	}
	return world.Catalog{}
}

// writeCatalogs makes or changes catalogs. What the items say is laid over base.
func writeCatalogs(base func(v edit.Check, m obj) world.Catalog) handler {
	return func(q *call) answer {
		count := map[string]int{"": len(q.A.Catalogs)}
		for _, c := range q.A.Catalogs {
			count[c.Type]++
		}
		return each(inLists, func(_ *call, v edit.Check, m obj, _ int) *world.Catalog {
			c := base(v, m)
			edit.Set(&c.Name, v.Text(m, "name"))
			edit.Set(&c.Sort, v.Integer(m, "sort"))
			edit.Set(&c.CanAdd, v.Boolean(m, "can_add_elements"))
			edit.Set(&c.Multiple, v.Boolean(m, "can_link_multiple"))
			if c.ID == 0 && !v.Failed() {
				count[""]++
				count[c.Type]++
				if count[""] > world.MaxCatalogs || c.Type != world.RegularCatalog && count[c.Type] > 1 {
					v.NotExpected("type")
				}
			}
			return &c
		}, putCatalog, written(""))(q)
	}
}

// putCatalog stores a catalog in place of the one with its id, or as a new one.
func putCatalog(q *call, c *world.Catalog) obj {
	c.UpdatedBy, c.UpdatedAt = q.By, q.Now
	if old := world.CatalogOf(q.A, c.ID); old != nil {
		*old = *c
		return renderCatalog(q, old)
	}
	c.ID, c.CreatedBy, c.CreatedAt, c.Elements = q.W.TakeID(), q.By, q.Now, map[int64]*world.Base{}
	q.A.Catalogs = append(q.A.Catalogs, c)
	return renderCatalog(q, c)
}

// renderCatalog is a catalog as GET answers it.
func renderCatalog(q *call, c *world.Catalog) obj {
	return obj{
		"id": c.ID, "name": c.Name, "created_by": c.CreatedBy, "updated_by": c.UpdatedBy, "created_at": c.CreatedAt,
		"updated_at": c.UpdatedAt, "sort": c.Sort, "type": c.Type, "can_add_elements": c.CanAdd, "can_show_in_cards": false,
		"can_link_multiple": c.Multiple, "can_be_deleted": c.Type != "products", "sdk_widget_code": nil, "account_id": q.A.ID,
		"_links": q.self(c.Kind()),
	}
}

// selectElements applies query and filter[id].
func selectElements(q *call) []*world.Base {
	m := newMatcher(q.f.Get("query"))
	bare := q.f.words("id") // the official library leaves the word filter out
	return kept(world.ElementsOf(q.A, q.kind), func(b *world.Base) bool {
		return q.f.id("id", b.ID) && (bare == nil || slices.Contains(bare, strconv.FormatInt(b.ID, 10))) && (m == nil || m.matches(b))
	})
}

// elementAt is the element that the path names.
func elementAt(q *call) *world.Base { return catalogAt(q).Elements[q.id("id")] }

// createElements answers POST /catalogs/{catalog}/elements. Like the PATCH it tells the elements whole.
var createElements = each(always, func(q *call, v edit.Check, m obj, _ int) *edit.Draft {
	v.Required(m, "name")
	return edit.ReadDraft(v, q.kind, m)
}, putElement, written("elements"))

// patchElements answers PATCH /catalogs/{catalog}/elements and that of one.
var patchElements = each(inLists, func(q *call, v edit.Check, m obj, _ int) *edit.Draft {
	d := edit.ReadDraft(v, q.kind, m)
	if b := edit.Known(v, m, "id", func(id int64) *world.Base { return catalogAt(q).Elements[id] }); b != nil {
		d.ID = b.ID
	}
	return d
}, putElement, written("elements"))

// putElement changes the element that the draft names, or makes one.
func putElement(q *call, d *edit.Draft) obj {
	elements := catalogAt(q).Elements
	b := elements[d.ID]
	if b == nil {
		b = &world.Base{ID: q.W.TakeID(), CreatedBy: edit.Or(d.CreatedBy, q.By), CreatedAt: edit.Or(d.CreatedAt, q.Now)}
		elements[b.ID] = b
	}
	edit.Set(&b.Name, d.Name)
	for _, f := range d.Fields {
		edit.SetField(b, f)
	}
	b.UpdatedBy, b.UpdatedAt = edit.Or(d.UpdatedBy, q.By), edit.Or(d.UpdatedAt, q.Now)
	return renderElement(q, b)
}

// renderElement is an element as GET answers it.
func renderElement(q *call, b *world.Base) obj {
	o := obj{
		"id": b.ID, "name": b.Name, "created_by": b.CreatedBy, "updated_by": b.UpdatedBy, "created_at": b.CreatedAt,
		"updated_at": b.UpdatedAt, "is_deleted": false, "custom_fields_values": renderValues(q, b),
		"catalog_id": q.id("catalog"), "account_id": q.A.ID, "_links": q.self(q.kind, "elements", b.ID),
	}
	q.add(o, obj{"invoice_link": nil})
	return o
}

// elementMetadata is the link as reads tell it.
func elementMetadata(e world.ElementLink) obj {
	return obj{"quantity": e.Quantity, "catalog_id": e.CatalogID, "price_id": kit.OrNull(e.PriceID)}
}

// elementRefs are the elements on an entity, as with=catalog_elements shows them.
func elementRefs(b *world.Base) []obj {
	return kit.Each(b.Elements, func(_ int, e world.ElementLink) obj { return obj{"id": e.ID, "metadata": elementMetadata(e)} })
}
