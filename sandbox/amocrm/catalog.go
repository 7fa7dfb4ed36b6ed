package amocrm

import (
	"fmt"
	"slices"
	"strings"
)

// Catalog is a list of things that hang on leads, contacts and companies, such as products. Of an element's Base the
// name, the custom values, authors and times are used.
type Catalog struct {
	ID                   int64
	Name, Type           string
	Sort                 int64
	CanAdd, Multiple     bool
	CreatedBy, UpdatedBy int64
	CreatedAt, UpdatedAt int64
	Elements             map[int64]*Base
}

// ElementLink is one catalog element on an entity, and how many of it.
type ElementLink struct {
	CatalogID, ID int64
	Quantity      float64
	PriceID       int64 // 0 none
}

const (
	// maxCatalogs is how many an account may have, and there is one of products and one of invoices at most.
	maxCatalogs    = 10
	regularCatalog = "regular"
	catalogPrefix  = "catalogs/"
	elementsKind   = "catalog_elements"
)

var catalogTypes = []string{regularCatalog, "products", "invoices"}

// kind is the catalog's name as an entity: where its fields are kept, and its path in the API.
func (c *Catalog) kind() string { return fmt.Sprintf("%s%d", catalogPrefix, c.ID) }

func catalogOf(a *Account, id int64) *Catalog {
	for _, c := range a.Catalogs {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// elementsOf lists the elements of the catalog of that kind, by id; none when it is no catalog's kind.
func elementsOf(a *Account, kind string) []*Base {
	var out []*Base
	for _, c := range a.Catalogs {
		if c.kind() == kind {
			for _, id := range sortedKeys(c.Elements) {
				out = append(out, c.Elements[id])
			}
		}
	}
	return out
}

// entityType is what a field's definition calls the kind that it belongs to.
func entityType(entity string) string {
	if strings.HasPrefix(entity, catalogPrefix) {
		return "catalogs"
	}
	return entity
}

// metadata is the link as reads tell it.
func (e ElementLink) metadata() obj {
	return obj{"quantity": e.Quantity, "catalog_id": e.CatalogID, "price_id": orNull(e.PriceID)}
}

// elementRefs are the elements on an entity, as with=catalog_elements shows them.
func elementRefs(b *Base) []obj {
	out := []obj{}
	for _, e := range b.Elements {
		out = append(out, obj{"id": e.ID, "metadata": e.metadata()})
	}
	return out
}

// elementLink reads the metadata that a link to a catalog element needs; nil after an error.
func (v check) elementLink(m obj, id int64) *ElementLink {
	meta := v.object(m, "metadata")
	at := v.under("metadata")
	if meta["catalog_id"] == nil {
		at.missing("catalog_id")
		return nil
	}
	link := &ElementLink{ID: id, Quantity: 1, CatalogID: or(at.integer(meta, "catalog_id"), 0), PriceID: or(at.integer(meta, "price_id"), 0)}
	c := catalogOf(v.a, link.CatalogID)
	switch {
	case c == nil:
		at.choice("catalog_id")
	case c.Elements[id] == nil:
		v.choice("to_entity_id")
	}
	if raw, there := meta["quantity"]; there && raw != nil {
		n, ok := plainNumbers(raw).(float64)
		if whole, isInt := plainNumbers(raw).(int64); isInt {
			n, ok = float64(whole), true
		}
		if !ok || n <= 0 {
			at.wrongType("quantity", "float")
		}
		link.Quantity = n
	}
	if v.failed() {
		return nil
	}
	return link
}

// joinElement puts an element on an entity; one that is there gets the new quantity and price.
func (x writer) joinElement(o linkOrder) {
	b := baseByID(x.a, o.from.kind, o.from.id)
	list := slices.Clone(b.Elements)
	at := slices.IndexFunc(list, func(e ElementLink) bool { return e.ID == o.element.ID })
	if at >= 0 {
		list[at] = *o.element
		b.Elements = list
		return
	}
	b.Elements = append(list, *o.element)
	x.elementChanged("entity_linked", o)
}

// unlinkElement takes an element off an entity; one that is not there stays not there.
func (x writer) unlinkElement(o linkOrder) {
	b := baseByID(x.a, o.from.kind, o.from.id)
	left := slices.DeleteFunc(slices.Clone(b.Elements), func(e ElementLink) bool { return e.ID == o.element.ID })
	if len(left) != len(b.Elements) {
		b.Elements = left
		x.elementChanged("entity_unlinked", o)
	}
}

// elementChanged tells the feed and the webhooks. Elements have no feed of their own.
func (x writer) elementChanged(typ string, o linkOrder) {
	by := or(o.by, x.by)
	link := obj{"entity": obj{"type": "catalog_element", "id": o.element.ID}}
	x.journal(by).add(typ, singular(o.from.kind), o.from.id, one("link", link), nil)
	b := baseByID(x.a, o.from.kind, o.from.id)
	b.UpdatedAt, b.UpdatedBy = x.now, by
	x.changed(change{Entity: o.from.kind, Action: "update", ID: o.from.id, By: by})
}
