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

// ReadLinkOrder checks one item of a request; owner is the entity that the path names, or 0.
func ReadLinkOrder(v Check, entity string, owner int64, m obj) LinkOrder {
	o := LinkOrder{From: End{Kind: entity, ID: owner}}
	if owner == 0 {
		o.From.ID = v.Existing(m, "entity_id", entity)
	}
	if kind := v.Required(m, "to_entity_type"); kind != nil {
		if o.To.Kind = *kind; *kind != world.ElementsKind && (!world.IsEntity(*kind) || *kind == entity) {
			v.Choice("to_entity_type")
		}
	}
	if id := v.RequiredInteger(m, "to_entity_id"); id != nil {
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
		b := world.BaseByID(x.A, o.From.Kind, o.From.ID)
		b.Elements = slices.Clone(b.Elements)
		at := slices.IndexFunc(b.Elements, func(e world.ElementLink) bool { return e.ID == o.element.ID })
		if at >= 0 { // it gets the new quantity and price
			b.Elements[at] = *o.element
			return
		}
		b.Elements = append(b.Elements, *o.element)
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
	default:
		*x.companyOf(lead, contact) = company
	}
	x.linkChanged("entity_linked", o)
}

// Unlink removes the link; one that is not there stays not there.
func (x Writer) Unlink(o LinkOrder) {
	lead, contact, company := o.sides()
	there := false
	switch {
	case o.element != nil:
		b := world.BaseByID(x.A, o.From.Kind, o.From.ID)
		left := slices.DeleteFunc(slices.Clone(b.Elements), func(e world.ElementLink) bool { return e.ID == o.element.ID })
		there = len(left) != len(b.Elements)
		b.Elements = left
	case lead != 0 && contact != 0:
		l := x.A.Leads[lead]
		left := slices.DeleteFunc(slices.Clone(l.Contacts), func(c world.LeadContact) bool { return c.ID == contact })
		there = len(left) != len(l.Contacts)
		l.Contacts = withMain(left)
	default:
		of := x.companyOf(lead, contact)
		if there = *of == company; there {
			*of = 0
		}
	}
	if there {
		x.linkChanged("entity_unlinked", o)
	}
}

// companyOf is where a lead, or else a contact, has its company.
func (x Writer) companyOf(lead, contact int64) *int64 {
	if lead != 0 {
		return &x.A.Leads[lead].CompanyID
	}
	return &x.A.Contacts[contact].CompanyID
}

// linkChanged tells the feed, in which elements have no lines of their own, and the webhooks.
func (x Writer) linkChanged(typ string, o LinkOrder) {
	by := Or(o.by, x.By)
	if o.element != nil {
		link := obj{"entity": obj{"type": "catalog_element", "id": o.element.ID}}
		x.Journal(by).Add(typ, world.Singular(o.From.Kind), o.From.ID, world.One("link", link), nil)
	} else {
		x.Journal(by).Linked(typ, o.From.Kind, o.From.ID, o.To.Kind, o.To.ID)
	}
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
		switch n := world.PlainNumbers(raw).(type) {
		case float64:
			link.Quantity = n
		case int64:
			link.Quantity = float64(n)
		default:
			link.Quantity = 0
		}
		if link.Quantity <= 0 {
			at.WrongType("quantity", "float")
		}
	}
	if v.Failed() {
		return nil
	}
	return link
}
