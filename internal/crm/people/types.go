package people

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

// Found is the first screen: the contacts of a client with their deals.
type Found struct {
	Contacts []Person // linked first, then those with open deals, then the most recently updated
	Linked   int64    // the linked contact's id, 0 for none
	LinkGone bool     // a link was dropped because its contact is gone from the CRM; what follows is a new search
	Keyless  bool     // the client has neither a usable phone nor a usable e-mail: only a manual search can find the client
	Unasked  []string // phones and e-mails of the client that amoCRM's search was not asked for, or not to the end
	More     bool     // there are more contacts of the client than the newest, which are here
	At       time.Time
	Stale    bool
	Err      error `json:"-"` // why the data is stale
}

// Person is a contact of the CRM.
type Person struct {
	ID          int64
	Name        string
	URL         string
	Position    string
	Company     string // empty when the contact has none or its name could not be read
	CompanyID   int64
	CompanyURL  string
	Responsible string
	Phones      []string // as stored in the CRM
	Emails      []string
	Tags        []string
	Matched     []Match
	Deals       []deals.Deal // open ones first, each group newest update first
	MoreDeals   int          // how many further deals there are that were not read
	DealsErr    error        `json:"-"` // why Deals is empty although there are deals
	UpdatedAt   time.Time
}

// Why a person is shown.
const (
	MatchPhone      = "phone"
	MatchEmail      = "email"
	MatchMessenger  = "messenger"
	MatchLink       = "link"
	MatchRemembered = "remembered" // made for this client less than a day ago
)

// Match is which key found a person. Value is the phone, e-mail or messenger as it stands in the CRM, empty for a link.
type Match struct{ Kind, Value string }

// sortPeople puts the linked contact first, then those with open deals, then the most recently updated.
func sortPeople(people []Person, linked int64) {
	slices.SortStableFunc(people, func(a, b Person) int {
		return cmp.Or(
			crm.TrueFirst(a.ID == linked, b.ID == linked),
			crm.TrueFirst(deals.HasOpen(a.Deals), deals.HasOpen(b.Deals)),
			b.UpdatedAt.Compare(a.UpdatedAt),
			cmp.Compare(b.ID, a.ID),
		)
	})
}

// personOf shows a contact.
func personOf(base string, m crm.Meta, c amocrm.Contact, matched []Match) Person {
	p := Person{
		ID:          int64(c.ID),
		Name:        crm.ContactName(c),
		URL:         crm.CardURL(base, "contacts", int64(c.ID)),
		Responsible: m.UserName(int64(c.ResponsibleID)),
		Phones:      texts(c.Fields, fields.CodePhone),
		Emails:      texts(c.Fields, fields.CodeEmail),
		Position:    strings.Join(texts(c.Fields, fields.CodePosition), ", "),
		Matched:     matched,
		UpdatedAt:   crm.At(c.UpdatedAt),
	}
	for _, t := range c.Tags {
		p.Tags = append(p.Tags, t.Name)
	}
	if len(c.CompanyIDs) > 0 {
		p.CompanyID = int64(c.CompanyIDs[0])
		p.CompanyURL = crm.CardURL(base, "companies", p.CompanyID)
	}
	return p
}

// nameCompanies gives people the names of their companies.
func nameCompanies(people []Person, names map[int64]string) {
	for i := range people {
		people[i].Company = names[people[i].CompanyID]
	}
}

func companiesOf(people []Person) []int64 {
	var out []int64
	for _, p := range people {
		if p.CompanyID != 0 {
			out = append(out, p.CompanyID)
		}
	}
	return out
}
