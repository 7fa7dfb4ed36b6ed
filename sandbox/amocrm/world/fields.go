package world

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// FieldOf returns nil for an unknown field.
func FieldOf(a *Account, entity string, id int64) *Field {
	return kit.First(a.Fields[entity], func(f *Field) bool { return f.ID == id })
}

// FieldByCode returns nil for an unknown code.
func FieldByCode(a *Account, entity, code string) *Field {
	return kit.First(a.Fields[entity], func(f *Field) bool { return f.Code != "" && strings.EqualFold(f.Code, code) })
}

// DefaultGroup is the predefined group that every kind has. Its fields tell no group_id.
const DefaultGroup = "default"

// FieldGroup is a tab of fields on a card.
type FieldGroup struct {
	ID, Name   string
	Sort       int64
	Predefined bool
}

// FieldGroups are the groups of a kind in the order of a card.
func FieldGroups(a *Account, entity string) []*FieldGroup {
	groups := slices.Clone(a.FieldGroups[entity])
	if !slices.ContainsFunc(groups, func(g *FieldGroup) bool { return g.ID == DefaultGroup }) {
		groups = append([]*FieldGroup{{ID: DefaultGroup, Name: "Основное", Predefined: true}}, groups...)
	}
	slices.SortStableFunc(groups, func(x, y *FieldGroup) int { return cmp.Compare(x.Sort, y.Sort) })
	return groups
}

// FieldGroupOf is nil for an unknown id.
func FieldGroupOf(a *Account, entity, id string) *FieldGroup {
	return kit.First(FieldGroups(a, entity), func(g *FieldGroup) bool { return g.ID == id })
}

// PutFieldGroup stores a group in place of the one with its id, or as a new one.
func PutFieldGroup(a *Account, entity string, g *FieldGroup) {
	if a.FieldGroups == nil {
		a.FieldGroups = map[string][]*FieldGroup{}
	}
	kept := slices.DeleteFunc(slices.Clone(a.FieldGroups[entity]), func(x *FieldGroup) bool { return x.ID == g.ID })
	a.FieldGroups[entity] = append(kept, g)
}

// PutField stores a definition in place of the one with its id, or as a new one.
func PutField(a *Account, w *World, entity string, f *Field) {
	for _, e := range f.Enums {
		if e.ID == 0 {
			e.ID = w.TakeID()
		}
	}
	if f.ID == 0 {
		f.ID = w.TakeID()
		a.Fields[entity] = append(a.Fields[entity], f)
		return
	}
	for i, old := range a.Fields[entity] {
		if old.ID == f.ID {
			a.Fields[entity][i] = f
		}
	}
}

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

// MaxCatalogs is how many an account may have, and there is one of products and one of invoices at most.
const MaxCatalogs = 10

// What catalogs and their elements are called in requests.
const (
	RegularCatalog = "regular"
	ElementsKind   = "catalog_elements"
	catalogPrefix  = "catalogs/"
)

// CatalogTypes are the kinds of catalogs.
var CatalogTypes = []string{RegularCatalog, "products", "invoices"}

// Kind is the catalog's name as an entity: where its fields are kept, and its path in the API.
func (c *Catalog) Kind() string { return fmt.Sprintf("%s%d", catalogPrefix, c.ID) }

// CatalogOf returns nil for an unknown catalog.
func CatalogOf(a *Account, id int64) *Catalog {
	return kit.First(a.Catalogs, func(c *Catalog) bool { return c.ID == id })
}

// ElementsOf lists the elements of the catalog of that kind, by id; none when it is no catalog's kind.
func ElementsOf(a *Account, kind string) []*Base {
	if c := kit.First(a.Catalogs, func(c *Catalog) bool { return c.Kind() == kind }); c != nil {
		return basesOf(c.Elements)
	}
	return nil
}

// EntityType is what a field's definition calls the kind that it belongs to.
func EntityType(entity string) string {
	if strings.HasPrefix(entity, catalogPrefix) {
		return "catalogs"
	}
	return entity
}
