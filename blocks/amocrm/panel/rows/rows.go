// Package rows draws deals in rows: a contact's list with its figures, the switch between open and all, the cells of a layout
// that a company chose, and the banner above old data.
//
// It refuses to know which page a list stands on and how deals are found.
package rows

import (
	"embed"
	"errors"
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/oauth"
)

// Row is a deal in one row.
type Row struct {
	ID          int64
	Name        any      // Plain, when it is made of the id
	Href        ui.Plain // its card in the panel
	URL         ui.Plain // its card in amoCRM
	Status      string
	Color       string
	Pipeline    string
	Amount      ui.Plain // "" without one
	Responsible string
	Age         string
	AgeTitle    string
	Task        string
	Urgency     string // late, today, later
	Closed      bool
	State       string
	Chosen      bool   // Cells is what is shown, in its order
	Cells       []Cell // of the tenant's layout
}

func RowOf(f i18n.Format, base string, d deals.Deal) Row {
	row := Row{
		ID: d.ID, Name: d.Name, URL: ui.Plain(d.URL), Status: d.Status, Color: d.Color, Pipeline: d.Pipeline,
		Responsible: d.Responsible, Closed: d.State != deals.Open, State: d.State,
		Href: ui.Plain(base + "/deals/" + strconv.FormatInt(d.ID, 10)),
	}
	if d.Name == "" {
		row.Name = ui.Plain(f.T("deal.unnamed", "ID", d.ID))
	}
	if d.Price != 0 {
		row.Amount = ui.Plain(f.Money(d.Price.Float(), d.Currency))
	}
	when := d.UpdatedAt
	if d.ClosedAt != nil && row.Closed {
		when = *d.ClosedAt
	}
	if !when.IsZero() {
		row.Age, row.AgeTitle = f.Age(when), f.DateTime(when)
	}
	if d.TaskAt != nil && !row.Closed {
		row.Task, row.Urgency = f.Due(*d.TaskAt)
	}
	return row
}

// shownDeals is how many rows stand open before "show more".
const shownDeals = 10

// List is a contact's list of deals.
type List struct {
	First, Rest []Row
	MoreLabel   string
	Summary     ui.Plain // "3 deals open, 85 000 ₽"
	Unread      string   // deals that were not read at all
	Problem     string
	Empty       bool
	CreateURL   ui.Plain
	LayoutURL   ui.Plain // the gear
	Filter      *Filter  // nil when all deals are open, or all are closed
}

// least returns the key of a figure that may be too small.
func least(whole bool, key string) string {
	if whole {
		return key
	}
	return key + "_least"
}

func ListOf(f i18n.Format, base string, p people.Person) List {
	v := List{
		CreateURL: ui.Plain(base + "/deals/new?contact=" + strconv.FormatInt(p.ID, 10)), LayoutURL: ui.Plain(base + "/layout/list"),
	}
	open, sum, currency := 0, money.Amount(0), ""
	for _, d := range p.Deals {
		row := RowOf(f, base, d)
		if len(v.First) < shownDeals {
			v.First = append(v.First, row)
		} else {
			v.Rest = append(v.Rest, row)
		}
		if d.State == deals.Open {
			open, sum, currency = open+1, sum+d.Price, d.Currency
		}
	}
	whole := p.MoreDeals == 0 // else what was counted is the least there is
	switch {
	case open > 0 && sum > 0:
		v.Summary = ui.Plain(f.T(least(whole, "deals.open_total"), "Count", open, "Sum", f.Money(sum.Float(), currency)))
	case open > 0:
		v.Summary = ui.Plain(f.T(least(whole, "deals.open"), "Count", open))
	case len(p.Deals) > 0 && whole:
		v.Summary = ui.Plain(f.T("deals.all_closed", "Count", len(p.Deals)))
	case len(p.Deals) > 0:
		v.Summary = ui.Plain(f.T("deals.closed_least", "Count", len(p.Deals)))
	}
	if n := len(v.Rest); n > 0 {
		v.MoreLabel = f.T("deals.more", "Count", n)
	}
	if p.MoreDeals > 0 {
		v.Unread = f.T("deals.unread", "Count", p.MoreDeals)
	}
	if p.DealsErr != nil {
		v.Problem = f.T("deals.problem")
	}
	v.Empty = len(p.Deals) == 0 && p.DealsErr == nil && p.MoreDeals == 0
	return v
}

// Templates are those of rows, lists and cells.
//
//go:embed templates/*.html
var Templates embed.FS

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
		p.Contacts[i].Deals = crm.Filter(c.Deals, isOpen)
	}
	return p
}

// FilterOf returns the switch for a contact, nil when there is nothing to choose between: all deals are open, or all are
// closed and shown anyway. here is the page it stands on.
func FilterOf(f i18n.Format, here string, p people.Person, shown string) *Filter {
	open := len(crm.Filter(p.Deals, isOpen))
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
