package pages

import (
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
)

// mostLookups bounds the rows of a lookup.
const mostLookups = 80

// lookupView are the account's names with their ids.
type lookupView struct {
	Query  ui.Plain
	Groups []lookupGroup
	None   bool   // nothing fits the query
	More   string // how many rows are left out
}

type lookupGroup struct {
	Title string
	Rows  []lookupRow
}

// lookupRow is one name; Place names its id in the page, where "copy" finds it.
type lookupRow struct {
	Place, ID, Copy ui.Plain
	Name, Sub       string
}

// lookups collects rows that fit a query.
type lookups struct {
	f    i18n.Format
	view lookupView
	rows int
	over int
}

func newLookup(f i18n.Format, meta crm.Meta, query string) lookupView {
	l := &lookups{f: f, view: lookupView{Query: ui.Plain(query)}}
	for _, p := range meta.Open() {
		rows := []lookupRow{l.row("p", int64(p.ID), p.Name, f.T("field.pipeline"))}
		for _, s := range p.Statuses {
			rows = append(rows, l.row("s-"+number(int64(p.ID)), int64(s.ID), s.Name, ""))
		}
		l.group(f.T("rule.lookup_stages", "Name", p.Name), p.Name, rows)
	}
	var users []lookupRow
	for _, u := range meta.Assignable() {
		users = append(users, l.row("u", int64(u.ID), u.Name, u.Email))
	}
	l.group(f.T("rule.lookup_users"), "", users)
	var fields []lookupRow
	for _, field := range meta.LeadFields {
		fields = append(fields, l.row("f", int64(field.ID), field.Name, strings.TrimSpace(field.Type+" "+field.Code)))
	}
	l.group(f.T("rule.lookup_fields"), "", fields)
	for _, field := range meta.LeadFields {
		var rows []lookupRow
		for _, e := range field.Enums {
			rows = append(rows, l.row("e-"+number(int64(field.ID)), int64(e.ID), e.Value, ""))
		}
		l.group(f.T("rule.lookup_choices", "Name", field.Name), field.Name, rows)
	}
	if l.over > 0 {
		l.view.More = f.T("rule.lookup_more", "Count", l.over)
	}
	l.view.None = l.rows == 0 && query != ""
	return l.view
}

func (l *lookups) row(kind string, id int64, name, sub string) lookupRow {
	return lookupRow{Place: ui.Plain("id-" + kind + "-" + number(id)), ID: ui.Plain(number(id)), Name: name, Sub: sub,
		Copy: ui.Plain(l.f.T("rule.copy_id", "ID", number(id), "Name", l.f.Words(name)))}
}

// group adds the rows that fit; all of them when the thing that they belong to fits.
func (l *lookups) group(title, of string, rows []lookupRow) {
	whole := l.fits(of) && of != ""
	var fit []lookupRow
	for _, r := range rows {
		switch {
		case !whole && !l.fits(r.Name) && !l.fits(r.Sub) && !strings.HasPrefix(string(r.ID), string(l.view.Query)):
		case l.rows == mostLookups:
			l.over++
		default:
			l.rows++
			fit = append(fit, r)
		}
	}
	if len(fit) > 0 {
		l.view.Groups = append(l.view.Groups, lookupGroup{title, fit})
	}
}

func (l *lookups) fits(text string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(string(l.view.Query)))
}

func number(id int64) string { return strconv.FormatInt(id, 10) }
