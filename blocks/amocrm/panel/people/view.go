package people

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"unicode"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/rows"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
)

// personView is a contact's card.
type personView struct {
	ID            int64
	Name          any // Plain, when it is made of the id
	URL           ui.Plain
	Initials      string
	Position      string
	Company       string
	CompanyURL    ui.Plain
	Responsible   string
	Phones        []phoneView
	Emails        []mailView
	Tags          []string
	Why           []ui.Plain
	Deals         rows.List
	Base          ui.Plain
	Linked, Open  bool
	All           bool // shown among all matches
	CanLink       bool
	Single        bool
	Found         bool // by a search that does not read deals
	LinkLabel     ui.Plain
	DealsHeadline string
	Missing       *missingView // what the client has and the contact lacks
}

type phoneView struct {
	Text string
	Dial template.URL // "tel:+7…", "" when it can't be dialled
}

// mailView is an e-mail address; Hidden is one that holds a phone that must not be seen.
type mailView struct {
	Text   string
	Hidden bool
}

// states of the first screen; each has one next step.
const (
	stateNobody  = "nobody"  // add the client
	stateKeyless = "keyless" // search by hand
	stateOne     = "one"     // work with the contact
	stateSeveral = "several" // link one
)

// View is the first screen.
type View struct {
	Base        ui.Plain
	State       string
	Persons     []personView
	LinkGone    bool
	Age         string
	AgeTitle    string
	Banner      *rows.Banner
	Notice      *ui.Notice
	CanLink     bool
	SearchedFor []string
	Unread      []string // phones of the client that can't be searched
	More        bool     // there are more contacts than these, the newest
	AllMatches  bool     // past the link, to mend it
	Unasked     []string // phones and e-mails of the client that the search was not asked for
	Failed      int      // jobs of rules that need a person
	Run         *runView
}

// runView is the newest job of the session's own ticket.
type runView struct {
	State, Word string
	Href        ui.Plain
}

func peoplePage(f i18n.Format, base string, client helpdesk.Client, p people.Found) View {
	v := View{Base: ui.Plain(base), LinkGone: p.LinkGone, More: p.More, CanLink: client.ID != 0}
	for _, typed := range client.Phones {
		if p.Linked == 0 && !phone.Certain(typed, f.Region) {
			v.Unread = append(v.Unread, f.Phone(typed))
		}
	}
	for _, key := range p.Unasked {
		v.Unasked = append(v.Unasked, f.Words(key))
	}
	if !p.At.IsZero() {
		v.Age, v.AgeTitle = f.Age(p.At), f.DateTime(p.At)
	}
	for _, c := range p.Contacts {
		person := personCard(f, base, c)
		person.Linked = p.Linked == c.ID
		person.CanLink = v.CanLink && !person.Linked
		person.Missing = missingKeys(f, base, client, c, fmt.Sprint(person.Name))
		v.Persons = append(v.Persons, person)
	}
	switch {
	case len(v.Persons) == 1:
		v.State = stateOne
		v.Persons[0].Single, v.Persons[0].Open = true, true
	case len(v.Persons) > 1:
		v.State = stateSeveral
		v.Persons[0].Open = true
	case p.Keyless:
		v.State = stateKeyless
	default:
		v.State = stateNobody
		for _, typed := range client.Phones {
			if phone.Certain(typed, f.Region) && !phone.In(p.Unasked, typed, f.Region) {
				v.SearchedFor = append(v.SearchedFor, f.Phone(typed))
			}
		}
		for _, typed := range client.Emails {
			if !slices.ContainsFunc(p.Unasked, func(left string) bool { return email.Same(left, typed) }) {
				v.SearchedFor = append(v.SearchedFor, typed)
			}
		}
	}
	if p.Stale {
		v.Banner = rows.StaleBanner(f, base, v.Age, p.Err)
	}
	return v
}

func personCard(f i18n.Format, base string, c people.Person) personView {
	v := personView{
		ID: c.ID, Name: c.Name, URL: ui.Plain(c.URL), Position: c.Position, Company: c.Company, CompanyURL: ui.Plain(c.CompanyURL),
		Responsible: c.Responsible, Tags: c.Tags, Base: ui.Plain(base), Deals: rows.ListOf(f, base, c),
	}
	if strings.TrimSpace(c.Name) == "" {
		v.Name = ui.Plain(f.T("person.unnamed", "ID", c.ID))
	}
	name := string(ui.Shown(f.Display, v.Name))
	v.Initials = initials(name)
	v.LinkLabel = ui.Plain(f.T("link.to", "Name", name))
	for _, raw := range c.Emails {
		shown := f.Words(raw)
		v.Emails = append(v.Emails, mailView{shown, shown != raw})
	}
	for _, raw := range c.Phones {
		p := phoneView{Text: f.Phone(raw)}
		if dial := f.Dial(raw); dial != "" {
			p.Dial = template.URL("tel:" + dial) // E.164: a plus and digits
		}
		v.Phones = append(v.Phones, p)
	}
	for _, m := range c.Matched {
		switch m.Kind {
		case people.MatchPhone:
			v.Why = append(v.Why, ui.Plain(f.T("match.phone", "Value", tail(m.Value))))
		case people.MatchEmail:
			v.Why = append(v.Why, ui.Plain(f.T("match.email", "Value", f.Words(m.Value))))
		case people.MatchMessenger:
			v.Why = append(v.Why, ui.Plain(f.T("match.messenger", "Value", f.Words(m.Value))))
		case people.MatchLink:
			v.Why = append(v.Why, ui.Plain(f.T("match.link")))
		case people.MatchRemembered:
			v.Why = append(v.Why, ui.Plain(f.T("match.remembered")))
		}
	}
	n := len(c.Deals) + c.MoreDeals
	v.DealsHeadline = f.T("deals.count", "Count", n)
	return v
}

// foundCard returns a contact among the hits of a search. Its deals were not read, so nothing is said of them.
func (r *request) foundCard(f i18n.Format, c people.Person) personView {
	person := personCard(f, r.Base(), c)
	person.Found, person.CanLink = true, r.Session.Ticket.Client.ID != 0
	return person
}

// tail returns the recognisable end of a phone number: "…45-67".
func tail(number string) string {
	digits := phone.Digits(number)
	if len(digits) < 4 {
		return number
	}
	d := digits[len(digits)-4:]
	return "…" + d[:2] + "-" + d[2:]
}

// initials returns the first letters of the first two words.
func initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(name) {
		r := []rune(word)[0]
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, unicode.ToUpper(r))
		}
		if len(out) == 2 {
			break
		}
	}
	return string(out)
}

// withFilter completes a page whose lists may be shortened: the switches, and what is said of the whole.
func withFilter(f i18n.Format, view *View, all people.Found, shown, at string) {
	here := string(view.Base) + "/people?"
	if view.AllMatches {
		here += "all=1&"
	}
	for i := range view.Persons {
		person, whole := &view.Persons[i], all.Contacts[i]
		person.All = view.AllMatches
		person.Deals.Filter = rows.FilterOf(f, here, whole, shown)
		if person.Deals.Filter != nil && string(person.Deals.Filter.ID) == at && !person.Single {
			for j := range view.Persons {
				view.Persons[j].Open = j == i || j == 0
			}
		}
		if shown == rows.Open {
			full := rows.ListOf(f, string(view.Base), whole)
			person.Deals.Empty, person.Deals.Summary = full.Empty, full.Summary
			person.DealsHeadline = f.T("deals.count", "Count", len(whole.Deals)+whole.MoreDeals)
		}
	}
}
