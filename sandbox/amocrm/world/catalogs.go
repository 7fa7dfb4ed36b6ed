package world

import (
	"fmt"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
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
