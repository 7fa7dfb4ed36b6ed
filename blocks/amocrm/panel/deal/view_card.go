package deal

import (
	"github.com/sidecard/sidecard/blocks/amocrm/panel/feed"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/rows"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/i18n"
)

// cardView is a deal opened in the panel.
type cardView struct {
	rows.Row
	editView
	Base     ui.Plain
	Back     ui.Plain
	Created  string
	ClosedAt string
	Loss     string
	Fields   []fieldView
	Contacts []namedView
	Firms    []namedView
	Tags     []string
	Banner   *rows.Banner
	Tasks    tasksView
	Feed     feed.View
}

// namedView is a contact or a company of a deal.
type namedView struct {
	ID   int64
	Name string
	URL  ui.Plain
}

func namedViews(list []deals.Named) []namedView {
	var out []namedView
	for _, n := range list {
		out = append(out, namedView{n.ID, n.Name, ui.Plain(n.URL)})
	}
	return out
}

// fieldView is one line of the details.
type fieldView struct {
	Key  ui.Plain // layout id
	Name string
	Text []any // words, or Plain
	URL  ui.Plain
}

func dealPage(f i18n.Format, base string, d deals.Card) cardView {
	v := cardView{
		Row: rows.RowOf(f, base, d.Deal), Base: ui.Plain(base), Back: ui.Plain(base + "/people"), Loss: d.LossReason,
		Contacts: namedViews(d.Contacts), Firms: namedViews(d.Companies), Tags: d.Tags,
	}
	if !d.CreatedAt.IsZero() {
		v.Created = f.DateTime(d.CreatedAt)
	}
	if d.ClosedAt != nil && v.Closed {
		v.ClosedAt = f.DateTime(*d.ClosedAt)
	}
	for _, s := range d.Fields {
		row := fieldView{Key: ui.Plain(fields.CustomID(s.ID)), Name: s.Name, URL: forms.SafeURL(f, s.URL)}
		for _, line := range forms.Lines(f, s) {
			row.Text = append(row.Text, line.Text)
		}
		v.Fields = append(v.Fields, row)
	}
	v.editView = editOf(string(v.Href), d)
	if d.Stale {
		v.Banner = rows.StaleBanner(f, base, f.Age(d.At), d.Err)
		if v.Banner.URL == ui.Plain(base+"/people?fresh=1") {
			v.Banner.URL = v.Href
		}
	}
	return v
}
