package amocrm

import (
	"slices"
)

// end is one end of a link between two entities.
type end struct {
	kind string
	id   int64
	meta any // of the link, seen from the other end
}

// linkOrder is one checked item of a link or unlink request.
type linkOrder struct {
	from, to end
	element  *ElementLink // when a catalog element is linked
	main     bool
	by       *int64
}

// linkable says which kinds may be linked: every pair of the three, and each with catalog elements.
func linkable(from, to string) bool { return isEntity(to) && from != to || to == elementsKind }

func readLinkOrder(v check, entity string, owner int64, m obj) linkOrder {
	o := linkOrder{from: end{kind: entity, id: owner}}
	if owner == 0 {
		if m["entity_id"] == nil {
			v.missing("entity_id")
		} else if id := v.integer(m, "entity_id"); id != nil {
			if o.from.id = *id; baseByID(v.a, entity, *id) == nil {
				v.choice("entity_id")
			}
		}
	}
	if kind := v.required(m, "to_entity_type"); kind != nil {
		if o.to.kind = *kind; !linkable(entity, *kind) {
			v.choice("to_entity_type")
		}
	}
	if m["to_entity_id"] == nil {
		v.missing("to_entity_id")
	} else if id := v.integer(m, "to_entity_id"); id != nil {
		if o.to.id = *id; isEntity(o.to.kind) && baseByID(v.a, o.to.kind, *id) == nil {
			v.choice("to_entity_id")
		}
	}
	if o.to.kind == elementsKind && !v.failed() {
		o.element = readElementLink(v, m, o.to.id)
	}
	if meta := v.object(m, "metadata"); meta != nil {
		at := v.under("metadata")
		o.main = or(at.boolean(meta, "is_main"), false)
		o.by = at.user(meta, "updated_by")
	}
	return o
}

// sides sorts a link's ends by kind; an absent kind is 0.
func (o linkOrder) sides() (lead, contact, company int64) {
	for _, e := range []end{o.from, o.to} {
		switch e.kind {
		case "leads":
			lead = e.id
		case "contacts":
			contact = e.id
		case "companies":
			company = e.id
		}
	}
	return lead, contact, company
}

// join makes the link. A lead and a contact have one company at most: the new one replaces the old.
func (x writer) join(o linkOrder) {
	lead, contact, company := o.sides()
	switch {
	case o.element != nil:
		x.joinElement(o)
		return
	case lead != 0 && contact != 0:
		l := x.a.Leads[lead]
		list := slices.Clone(l.Contacts)
		at := slices.IndexFunc(list, func(c LeadContact) bool { return c.ID == contact })
		if at >= 0 && (!o.main || list[at].IsMain) {
			return
		}
		if at < 0 {
			list = append(list, LeadContact{ID: contact})
			at = len(list) - 1
		}
		for i := range list {
			if o.main {
				list[i].IsMain = i == at
			}
		}
		l.Contacts = withMain(list)
	case lead != 0:
		x.a.Leads[lead].CompanyID = company
	default:
		x.a.Contacts[contact].CompanyID = company
	}
	x.linkChanged("entity_linked", o)
}

// unlink removes the link; one that is not there stays not there.
func (x writer) unlink(o linkOrder) {
	lead, contact, company := o.sides()
	there := false
	switch {
	case o.element != nil:
		x.unlinkElement(o)
		return
	case lead != 0 && contact != 0:
		l := x.a.Leads[lead]
		left := slices.DeleteFunc(slices.Clone(l.Contacts), func(c LeadContact) bool { return c.ID == contact })
		there = len(left) != len(l.Contacts)
		l.Contacts = withMain(left)
	case lead != 0:
		l := x.a.Leads[lead]
		if there = l.CompanyID == company; there {
			l.CompanyID = 0
		}
	default:
		c := x.a.Contacts[contact]
		if there = c.CompanyID == company; there {
			c.CompanyID = 0
		}
	}
	if there {
		x.linkChanged("entity_unlinked", o)
	}
}

func (x writer) linkChanged(typ string, o linkOrder) {
	by := or(o.by, x.by)
	x.journal(by).linked(typ, o.from.kind, o.from.id, o.to.kind, o.to.id)
	b := baseByID(x.a, o.from.kind, o.from.id)
	b.UpdatedAt, b.UpdatedBy = x.now, by
	x.changed(change{Entity: o.from.kind, Action: "update", ID: o.from.id, By: by})
}

// readElementLink reads the metadata that a link to a catalog element needs; nil after an error.
func readElementLink(v check, m obj, id int64) *ElementLink {
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
