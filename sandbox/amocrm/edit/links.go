package edit

import (
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// End is one end of a link between two entities.
type End struct {
	Kind string
	ID   int64
	Meta any // of the link, seen from the other end
}

// LinkOrder is one checked item of a link or unlink request.
type LinkOrder struct {
	From, To End
	element  *world.ElementLink // when a catalog element is linked
	main     bool
	by       *int64
}

// linkable returns which kinds may be linked: every pair of the three, and each with catalog elements.
func linkable(from, to string) bool {
	return world.IsEntity(to) && from != to || to == world.ElementsKind
}

// ReadLinkOrder checks one item of a request; owner is the entity that the path names, or 0.
func ReadLinkOrder(v Check, entity string, owner int64, m obj) LinkOrder {
	o := LinkOrder{From: End{Kind: entity, ID: owner}}
	if owner == 0 {
		if m["entity_id"] == nil {
			v.Missing("entity_id")
		} else if id := v.Integer(m, "entity_id"); id != nil {
			if o.From.ID = *id; world.BaseByID(v.A, entity, *id) == nil {
				v.Choice("entity_id")
			}
		}
	}
	if kind := v.Required(m, "to_entity_type"); kind != nil {
		if o.To.Kind = *kind; !linkable(entity, *kind) {
			v.Choice("to_entity_type")
		}
	}
	if m["to_entity_id"] == nil {
		v.Missing("to_entity_id")
	} else if id := v.Integer(m, "to_entity_id"); id != nil {
		if o.To.ID = *id; world.IsEntity(o.To.Kind) && world.BaseByID(v.A, o.To.Kind, *id) == nil {
			v.Choice("to_entity_id")
		}
	}
	if o.To.Kind == world.ElementsKind && !v.Failed() {
		o.element = readElementLink(v, m, o.To.ID)
	}
	if meta := v.Object(m, "metadata"); meta != nil {
		at := v.Under("metadata")
		o.main = Or(at.Boolean(meta, "is_main"), false)
		o.by = at.User(meta, "updated_by")
	}
	return o
}

// sides sorts a link's ends by kind; an absent kind is 0.
func (o LinkOrder) sides() (lead, contact, company int64) {
	for _, e := range []End{o.From, o.To} {
		switch e.Kind {
		case "leads":
			lead = e.ID
		case "contacts":
			contact = e.ID
		case "companies":
			company = e.ID
		}
	}
	return lead, contact, company
}

// Join makes the link. A lead and a contact have one company at most: the new one replaces the old.
func (x Writer) Join(o LinkOrder) {
	lead, contact, company := o.sides()
	switch {
	case o.element != nil:
		x.joinElement(o)
		return
	case lead != 0 && contact != 0:
		l := x.A.Leads[lead]
		list := slices.Clone(l.Contacts)
		at := slices.IndexFunc(list, func(c world.LeadContact) bool { return c.ID == contact })
		if at >= 0 && (!o.main || list[at].IsMain) {
			return
		}
		if at < 0 {
			list = append(list, world.LeadContact{ID: contact})
			at = len(list) - 1
		}
		for i := range list {
			if o.main {
				list[i].IsMain = i == at
			}
		}
		l.Contacts = withMain(list)
	case lead != 0:
		x.A.Leads[lead].CompanyID = company
	default:
		x.A.Contacts[contact].CompanyID = company
	}
	x.linkChanged("entity_linked", o)
}

// Unlink removes the link; one that is not there stays not there.
func (x Writer) Unlink(o LinkOrder) {
	lead, contact, company := o.sides()
	there := false
	switch {
	case o.element != nil:
		x.unlinkElement(o)
		return
	case lead != 0 && contact != 0:
		l := x.A.Leads[lead]
		left := slices.DeleteFunc(slices.Clone(l.Contacts), func(c world.LeadContact) bool { return c.ID == contact })
		there = len(left) != len(l.Contacts)
		l.Contacts = withMain(left)
	case lead != 0:
		l := x.A.Leads[lead]
		if there = l.CompanyID == company; there {
			l.CompanyID = 0
		}
	default:
		c := x.A.Contacts[contact]
		if there = c.CompanyID == company; there {
			c.CompanyID = 0
		}
	}
	if there {
		x.linkChanged("entity_unlinked", o)
	}
}

func (x Writer) linkChanged(typ string, o LinkOrder) {
	by := Or(o.by, x.By)
	x.Journal(by).Linked(typ, o.From.Kind, o.From.ID, o.To.Kind, o.To.ID)
	b := world.BaseByID(x.A, o.From.Kind, o.From.ID)
	b.UpdatedAt, b.UpdatedBy = x.Now, by
	x.Changed(world.Change{Entity: o.From.Kind, Action: "update", ID: o.From.ID, By: by})
}

// readElementLink reads the metadata that a link to a catalog element needs; nil after an error.
func readElementLink(v Check, m obj, id int64) *world.ElementLink {
	meta := v.Object(m, "metadata")
	at := v.Under("metadata")
	if meta["catalog_id"] == nil {
		at.Missing("catalog_id")
		return nil
	}
	link := &world.ElementLink{ID: id, Quantity: 1, CatalogID: Or(at.Integer(meta, "catalog_id"), 0), PriceID: Or(at.Integer(meta, "price_id"), 0)}
	c := world.CatalogOf(v.A, link.CatalogID)
	switch {
	case c == nil:
		at.Choice("catalog_id")
	case c.Elements[id] == nil:
		v.Choice("to_entity_id")
	}
	if raw, there := meta["quantity"]; there && raw != nil {
		n, ok := world.PlainNumbers(raw).(float64)
		if whole, isInt := world.PlainNumbers(raw).(int64); isInt {
			n, ok = float64(whole), true
		}
		if !ok || n <= 0 {
			at.WrongType("quantity", "float")
		}
		link.Quantity = n
	}
	if v.Failed() {
		return nil
	}
	return link
}

// joinElement puts an element on an entity; one that is there gets the new quantity and price.
func (x Writer) joinElement(o LinkOrder) {
	b := world.BaseByID(x.A, o.From.Kind, o.From.ID)
	list := slices.Clone(b.Elements)
	at := slices.IndexFunc(list, func(e world.ElementLink) bool { return e.ID == o.element.ID })
	if at >= 0 {
		list[at] = *o.element
		b.Elements = list
		return
	}
	b.Elements = append(list, *o.element)
	x.elementChanged("entity_linked", o)
}

// unlinkElement takes an element off an entity; one that is not there stays not there.
func (x Writer) unlinkElement(o LinkOrder) {
	b := world.BaseByID(x.A, o.From.Kind, o.From.ID)
	left := slices.DeleteFunc(slices.Clone(b.Elements), func(e world.ElementLink) bool { return e.ID == o.element.ID })
	if len(left) != len(b.Elements) {
		b.Elements = left
		x.elementChanged("entity_unlinked", o)
	}
}

// elementChanged tells the feed and the webhooks. Elements have no feed of their own.
func (x Writer) elementChanged(typ string, o LinkOrder) {
	by := Or(o.by, x.By)
	link := obj{"entity": obj{"type": "catalog_element", "id": o.element.ID}}
	x.Journal(by).Add(typ, world.Singular(o.From.Kind), o.From.ID, world.One("link", link), nil)
	b := world.BaseByID(x.A, o.From.Kind, o.From.ID)
	b.UpdatedAt, b.UpdatedBy = x.Now, by
	x.Changed(world.Change{Entity: o.From.Kind, Action: "update", ID: o.From.ID, By: by})
}
