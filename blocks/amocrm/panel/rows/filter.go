package rows

import (
	"errors"
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/oauth"
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
		Open: f.T(least(whole, "filter.open"), "Count", open),
		All:  f.T("filter.all", "Count", len(p.Deals)+p.MoreDeals),
	}
	if v.OpenOnly && open == 0 {
		v.Hidden = f.T(least(whole, "filter.hidden"), "Count", len(p.Deals))
	}
	return v
}

// Banner stands above old data with the reason why they are old.
type Banner struct {
	Text   string
	Action string
	URL    ui.Plain
	Popup  bool
}

// StaleBanner explains old data. A missing login has its own button; everything else mends itself.
func StaleBanner(f i18n.Format, base, age string, why error) *Banner {
	if errors.Is(why, oauth.ErrNeedsLogin) {
		return &Banner{Text: f.T("stale.login", "Age", age), Action: f.T("login.button"), URL: ui.Plain(base + "/login"), Popup: true}
	}
	text := "stale.slow"
	if errors.Is(why, amoapi.ErrBlocked) {
		text = "stale.blocked"
	} else if errors.Is(why, amoapi.ErrPayment) {
		text = "stale.payment"
	}
	return &Banner{Text: f.T(text, "Age", age), Action: f.T("refresh"), URL: ui.Plain(base + "/people?fresh=1")}
}
