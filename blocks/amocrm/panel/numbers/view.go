package numbers

import (
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
)

// view is the page: what was looked up, or the lists.
type view struct {
	Base       ui.Plain
	Typed      ui.Plain
	Error      string
	Saved      bool
	Looked     *looked
	Unlisted   string // why there are no lists
	Lists      bool
	Unread     []unreadView
	UnreadNav  nav
	Duplicates []groupView
	Offices    []groupView
	SharedNav  nav
	Action     ui.Plain // of a form that mends
}

// nav leads to other pages of a list.
type nav struct {
	Text           string // "" where there is one page
	Previous, Next ui.Plain
	More           bool // there are further ones than are listed
	Page           int
}

// looked is how what was typed is read, and whom it finds.
type looked struct {
	Readings []reading
	Found    []contactView
	More     bool
}

type reading struct {
	Text, Note string
	Good       bool
}

// contactView is a contact in a line: its name, which leads to its card in amoCRM, and how a line stands there.
type contactView struct {
	Name    any
	URL     ui.Plain
	Company string
	Stored  []string
}

// unreadView is a phone that can't be read.
type unreadView struct {
	contactView
	N       int
	ID      int64
	Phone   string
	Why     string
	Old     string // empty where the reader may not see it: it can't be mended then
	Typed   ui.Plain
	Token   ui.Plain
	Label   string
	Refused string
}

type groupView struct {
	Lines    []string
	Contacts []contactView
	Others   int
}

// noteOf says which country's number it is, or why it can't be read.
func noteOf(f i18n.Format, p phone.Reading) string {
	place := strings.TrimSpace(p.Region + " +" + strconv.Itoa(p.Code))
	switch {
	case p.Why != "":
		return f.T("numbers.why."+p.Why, "Place", place)
	case p.Extension != "":
		return place + ", " + f.T("numbers.extension", "Value", p.Extension)
	}
	return place
}

// whyUnread says why a phone can't be read.
func whyUnread(f i18n.Format, value string) string {
	for _, p := range phone.Inspect(value, f.Region) {
		if p.Why != "" {
			return noteOf(f, p)
		}
	}
	return ""
}

// lookedView words what was looked up.
func lookedView(f i18n.Format, found people.Looked) *looked {
	out := &looked{More: found.More}
	if found.Email {
		out.Readings = append(out.Readings, reading{Text: f.Words(found.Text), Note: f.T("numbers.email"), Good: true})
	}
	for _, p := range found.Phones {
		out.Readings = append(out.Readings, reading{f.Phone(p.Text), noteOf(f, p), p.Why == ""})
	}
	for _, c := range found.Contacts {
		v := contactOf(f, c)
		for _, m := range c.Matched {
			v.Stored = append(v.Stored, shown(f, m))
		}
		out.Found = append(out.Found, v)
	}
	return out
}

// shown writes a line as it is stored, or as much of it as the reader may see.
func shown(f i18n.Format, m people.Match) string {
	if m.Kind == people.MatchPhone && f.Masked {
		return f.Phone(m.Value)
	}
	return f.Words(m.Value)
}

func contactOf(f i18n.Format, c people.Person) contactView {
	v := contactView{Name: c.Name, URL: ui.Plain(c.URL), Company: c.Company}
	if strings.TrimSpace(c.Name) == "" {
		v.Name = ui.Plain(f.T("person.unnamed", "ID", c.ID))
	}
	return v
}

func (r *request) listsView(f i18n.Format, unread people.Listed[people.Unread], shared people.Listed[people.Group]) view {
	v := view{Base: ui.Plain(r.Base()), Action: ui.Plain(r.Base() + "/numbers/mend"), Lists: unread.Index.Ready && shared.Index.Ready}
	if !v.Lists {
		v.Unlisted = standing(f, unread.Index)
		return v
	}
	at := listPages{unread.Page, shared.Page}
	v.UnreadNav = r.navOf(f, at, unread.Page, unread.Pages, unread.More, func(at *listPages, page int) { at.unread = page })
	v.SharedNav = r.navOf(f, at, shared.Page, shared.Pages, shared.More, func(at *listPages, page int) { at.shared = page })
	for _, c := range unread.Items {
		for _, value := range c.Values {
			v.Unread = append(v.Unread, unreadOf(f, c.Person, value, len(v.Unread)))
		}
	}
	for _, g := range shared.Items {
		group := groupView{Others: g.Others}
		for _, c := range g.Contacts {
			group.Contacts = append(group.Contacts, contactOf(f, c))
		}
		for _, m := range g.Contacts[0].Matched {
			group.Lines = append(group.Lines, shown(f, m))
		}
		if g.Office {
			v.Offices = append(v.Offices, group)
		} else {
			v.Duplicates = append(v.Duplicates, group)
		}
	}
	return v
}

func unreadOf(f i18n.Format, c people.Person, value string, n int) unreadView {
	v := unreadView{contactView: contactOf(f, c), N: n, ID: c.ID, Phone: f.Phone(value), Why: whyUnread(f, value), Typed: ui.Plain(value), Token: ui.NewToken()}
	v.Label = f.T("numbers.mend_label", "Name", v.Name)
	if !f.Masked {
		v.Old = value
	}
	return v
}

// refuse puts back what was typed in place of a phone, with what is wrong with it.
func (v *view) refuse(f i18n.Format, contactID int64, old, typed string) {
	for i := range v.Unread {
		if u := &v.Unread[i]; u.ID == contactID && u.Old == old {
			u.Typed, u.Refused = ui.Plain(typed), whyUnread(f, typed)
			return
		}
	}
	v.Error = whyUnread(f, typed)
}

// standing says why an index can't list anything.
func standing(f i18n.Format, index crm.IndexStanding) string {
	switch {
	case index.Over > 0:
		return f.T("numbers.over", "Number", f.Number(float64(index.Over)))
	case index.Begun:
		return f.T("numbers.reading", "Number", f.Number(float64(index.Contacts)))
	}
	return f.T("numbers.no_index")
}

func (r *request) navOf(f i18n.Format, at listPages, page, pages int, more bool, to func(*listPages, int)) nav {
	n := nav{More: more && page == pages, Page: page}
	link := func(page int) ui.Plain {
		there := at
		to(&there, page)
		return ui.Plain(r.path(there))
	}
	if pages > 1 {
		n.Text = f.T("numbers.page", "Page", page, "Pages", pages)
	}
	if page > 1 {
		n.Previous = link(page - 1)
	}
	if page < pages {
		n.Next = link(page + 1)
	}
	return n
}
