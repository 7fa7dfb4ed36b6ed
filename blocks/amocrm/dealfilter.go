package amocrm

import (
	"context"
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
)

// Which deals a list shows. All is the default, so that nothing is hidden from an agent who has not asked for it.
const (
	dealsAll  = "all"
	dealsOpen = "open"
)

// wish is what a request asks for beside its address. It is read before the page is painted: painting may outlive the
// request.
type wish struct {
	all     bool   // everybody who matches, past the link
	deals   string // which deals to show
	at      string // the contact whose deals were asked for
	message bool   // the client's last message goes into the note
}

// filterView is the switch between open and all deals of a contact.
type filterView struct {
	ID       ui.Plain // of the contact, to keep ids on the page apart
	OpenOnly bool
	OpenURL  ui.Plain
	AllURL   ui.Plain
	Open     string // "3 open"
	All      string
	Hidden   string // said instead of a list when all deals are closed and hidden
}

// dealsShown is the agent's choice: a link's parameter is remembered for the session.
func (r *pageRequest) dealsShown(ctx context.Context) (string, error) {
	switch r.wish.deals {
	case dealsOpen:
		return dealsOpen, r.h.Sessions.SetAside(ctx, r.Session, session.AsideDeals, dealsOpen)
	case dealsAll:
		return dealsAll, r.h.Sessions.SetAside(ctx, r.Session, session.AsideDeals, "")
	}
	kept, err := r.h.Sessions.Aside(ctx, r.Session, session.AsideDeals)
	if kept != dealsOpen {
		kept = dealsAll
	}
	return kept, err
}

func isOpen(d deals.Deal) bool { return d.State == deals.Open }

// shownDealsOf leaves out of p what the agent does not want to see; the lists of p itself stay as they are.
func shownDealsOf(p people.Found, shown string) people.Found {
	if shown != dealsOpen {
		return p
	}
	p.Contacts = slices.Clone(p.Contacts)
	for i, c := range p.Contacts {
		p.Contacts[i].Deals = slices.DeleteFunc(slices.Clone(c.Deals), func(d deals.Deal) bool { return !isOpen(d) })
	}
	return p
}

// dealFilter is the switch for a contact, nil when there is nothing to choose between: all deals are open, or all are
// closed and shown anyway. here is the page it stands on.
func dealFilter(f i18n.Format, here string, p people.Person, shown string) *filterView {
	open := 0
	for _, d := range p.Deals {
		if isOpen(d) {
			open++
		}
	}
	if open == len(p.Deals) || open == 0 && shown != dealsOpen {
		return nil
	}
	id, whole := strconv.FormatInt(p.ID, 10), p.MoreDeals == 0
	v := &filterView{
		ID: ui.Plain(id), OpenOnly: shown == dealsOpen,
		OpenURL: ui.Plain(here + "deals=open&at=" + id), AllURL: ui.Plain(here + "deals=all&at=" + id),
		Open: f.Catalog.T(f.Lang, least(whole, "filter.open"), "Count", open),
		All:  f.Catalog.T(f.Lang, "filter.all", "Count", len(p.Deals)+p.MoreDeals),
	}
	if v.OpenOnly && open == 0 {
		v.Hidden = f.Catalog.T(f.Lang, least(whole, "filter.hidden"), "Count", len(p.Deals))
	}
	return v
}

// withFilter completes a page whose lists may be shortened: the switches, and what is said of the whole.
func withFilter(f i18n.Format, view *peopleView, all people.Found, shown, at string) {
	here := string(view.Base) + "/people?"
	if view.AllMatches {
		here += "all=1&"
	}
	for i := range view.Persons {
		person, whole := &view.Persons[i], all.Contacts[i]
		person.All = view.AllMatches
		person.Deals.Filter = dealFilter(f, here, whole, shown)
		if person.Deals.Filter != nil && string(person.Deals.Filter.ID) == at && !person.Single {
			for j := range view.Persons {
				view.Persons[j].Open = j == i || j == 0
			}
		}
		if shown == dealsOpen {
			full := dealList(f, string(view.Base), whole)
			person.Deals.Empty, person.Deals.Summary = full.Empty, full.Summary
			person.DealsHeadline = f.Catalog.T(f.Lang, "deals.count", "Count", len(whole.Deals)+whole.MoreDeals)
		}
	}
}
