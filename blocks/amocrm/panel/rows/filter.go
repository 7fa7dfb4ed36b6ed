package rows

import (
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
)

// Which deals a list shows. All is the default, so that nothing is hidden from an agent who has not asked for it.
const (
	All  = "all"
	Open = "open"
)

// Filter is the switch between open and all deals of a contact.
type Filter struct {
	ID       ui.Plain // of the contact, to keep ids on the page apart
	OpenOnly bool
	OpenURL  ui.Plain
	AllURL   ui.Plain
	Open     string // "3 open"
	All      string
	Hidden   string // said instead of a list when all deals are closed and hidden
}

func isOpen(d deals.Deal) bool { return d.State == deals.Open }

// Only leaves out of p what the agent does not want to see; the lists of p itself stay as they are.
func Only(p people.Found, shown string) people.Found {
	if shown != Open {
		return p
	}
	p.Contacts = slices.Clone(p.Contacts)
	for i, c := range p.Contacts {
		p.Contacts[i].Deals = slices.DeleteFunc(slices.Clone(c.Deals), func(d deals.Deal) bool { return !isOpen(d) })
	}
	return p
}

// FilterOf returns the switch for a contact, nil when there is nothing to choose between: all deals are open, or all are
// closed and shown anyway. here is the page it stands on.
func FilterOf(f i18n.Format, here string, p people.Person, shown string) *Filter {
	open := 0
	for _, d := range p.Deals {
		if isOpen(d) {
			open++
		}
	}
	if open == len(p.Deals) || open == 0 && shown != Open {
		return nil
	}
	id, whole := strconv.FormatInt(p.ID, 10), p.MoreDeals == 0
	v := &Filter{
		ID: ui.Plain(id), OpenOnly: shown == Open,
		OpenURL: ui.Plain(here + "deals=open&at=" + id), AllURL: ui.Plain(here + "deals=all&at=" + id),
		Open: f.Catalog.T(f.Lang, least(whole, "filter.open"), "Count", open),
		All:  f.Catalog.T(f.Lang, "filter.all", "Count", len(p.Deals)+p.MoreDeals),
	}
	if v.OpenOnly && open == 0 {
		v.Hidden = f.Catalog.T(f.Lang, least(whole, "filter.hidden"), "Count", len(p.Deals))
	}
	return v
}
