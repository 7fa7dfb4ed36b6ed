package rows

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
)

// Cell is one chosen thing of a deal.
type Cell struct {
	ID    ui.Plain // layout id
	Kind  string   // stage, task, amount or plain: how it is drawn
	Label string
	Lines []forms.Line // empty: the deal does not have it
	Color string       // of a stage
	Late  string       // of a task: late, today, later
}

// dealParts is everything of a deal that a layout can show.
type dealParts struct {
	deal            deals.Deal
	contacts, firms []deals.Named
	tags            []string
	loss            string
	value           func(fieldID int64) (fields.Shown, bool)
}

// cells draws a layout of a deal in its order.
func cells(f i18n.Format, layout []fields.LayoutField, d dealParts) []Cell {
	out := make([]Cell, 0, len(layout))
	for _, l := range layout {
		c := Cell{ID: ui.Plain(l.ID), Kind: "plain", Label: forms.FieldName(f, l)}
		if l.FieldID != 0 {
			c.Lines = customLines(f, l, d)
		} else {
			standardCell(f, &c, d)
		}
		out = append(out, c)
	}
	return out
}

func standardCell(f i18n.Format, c *Cell, d dealParts) {
	one := func(text string) {
		if text != "" {
			c.Lines = []forms.Line{{Text: text}}
		}
	}
	switch string(c.ID) {
	case fields.FieldAmount:
		c.Kind = "amount"
		if d.deal.Price != 0 {
			c.Lines = []forms.Line{{Text: ui.Plain(f.Money(d.deal.Price.Float(), d.deal.Currency))}}
		}
	case fields.FieldStage:
		c.Kind, c.Color = "stage", d.deal.Color
		one(d.deal.Status)
	case fields.FieldPipeline:
		one(d.deal.Pipeline)
	case fields.FieldResponsible:
		one(d.deal.Responsible)
	case fields.FieldTask:
		c.Kind = "task"
		if d.deal.TaskAt != nil && d.deal.State == deals.Open {
			text, late := f.Due(*d.deal.TaskAt)
			one(text)
			c.Late = late
		}
	case fields.FieldCreated:
		if !d.deal.CreatedAt.IsZero() {
			one(f.DateTime(d.deal.CreatedAt))
		}
	case fields.FieldUpdated:
		if at := d.deal.UpdatedAt; !at.IsZero() {
			c.Lines = []forms.Line{{Text: f.Age(at), Title: f.DateTime(at)}}
		}
	case fields.FieldClosed:
		if d.deal.ClosedAt != nil && d.deal.State != deals.Open {
			one(f.DateTime(*d.deal.ClosedAt))
		}
	case fields.FieldContact:
		c.Lines = namedLines(f, d.contacts, "person.unnamed")
	case fields.FieldCompany:
		c.Lines = namedLines(f, d.firms, "")
	case fields.FieldTags:
		one(strings.Join(d.tags, ", "))
	case fields.FieldLossReason:
		one(d.loss)
	}
}

func namedLines(f i18n.Format, list []deals.Named, unnamed string) []forms.Line {
	var out []forms.Line
	for _, n := range list {
		text := any(n.Name)
		switch {
		case n.Name != "":
		case unnamed != "":
			text = ui.Plain(f.T(unnamed, "ID", n.ID))
		default:
			text = ui.Plain("#" + strconv.FormatInt(n.ID, 10))
		}
		out = append(out, forms.Line{Text: text, URL: ui.Plain(n.URL)})
	}
	return out
}

func customLines(f i18n.Format, l fields.LayoutField, d dealParts) []forms.Line {
	if d.value == nil {
		return nil
	}
	s, ok := d.value(l.FieldID)
	if !ok {
		return nil
	}
	s.Type, s.Currency = cmp.Or(s.Type, l.Type), cmp.Or(l.Currency, s.Currency)
	return forms.Lines(f, s)
}

// CRM is what a layout asks of an account.
type CRM interface {
	LayoutMeta(ctx context.Context) (crm.Meta, error)
}

// Layout returns the fields of a layout that a company chose, nil where nothing was chosen or nothing of it is left. When the
// account's fields can't be read it is nil, too: a deal in the default look is better than none.
func Layout(ctx context.Context, r *ui.PageRequest, account CRM, chosen []string) []fields.LayoutField {
	var meta crm.Meta
	if fields.AsksCustom(chosen) {
		var err error
		if meta, err = account.LayoutMeta(ctx); err != nil {
			r.LogProblem(err)
			return nil
		}
	}
	return fields.Layout(chosen, meta)
}

// Lay gives the rows of lists the fields of a layout; rows stay as they are without one. Names of contacts and companies
// are those of people; amoBase is where the others are looked up.
func Lay(f i18n.Format, layout []fields.LayoutField, lists []*List, people people.Found, amoBase string) {
	if len(layout) == 0 {
		return
	}
	byID := map[int64]deals.Deal{}
	contacts, firms := map[int64]deals.Named{}, map[int64]deals.Named{}
	for _, p := range people.Contacts {
		contacts[p.ID] = deals.Named{ID: p.ID, Name: p.Name, URL: p.URL}
		firms[p.CompanyID] = deals.Named{ID: p.CompanyID, Name: p.Company, URL: p.CompanyURL}
		for _, d := range p.Deals {
			byID[d.ID] = d
		}
	}
	for _, list := range lists {
		for _, rows := range [][]Row{list.First, list.Rest} {
			for j, row := range rows {
				d := byID[row.ID]
				all := cells(f, layout, dealParts{
					deal: d, tags: d.Extra.Tags, loss: d.Extra.LossReason, value: d.Extra.Value,
					contacts: known(d.ContactIDs, contacts, amoBase+"/contacts/detail/"),
					firms:    known(d.Extra.CompanyIDs, firms, amoBase+"/companies/detail/"),
				})
				// What a deal does not have is left out: a row has no place for it.
				rows[j].Cells, rows[j].Chosen = crm.Filter(all, func(c Cell) bool { return len(c.Lines) > 0 }), true
			}
		}
	}
}

// known names what the page can name; the rest is a link by its number.
func known(ids []int64, names map[int64]deals.Named, card string) []deals.Named {
	var out []deals.Named
	for _, id := range ids {
		n, ok := names[id]
		if !ok {
			n = deals.Named{ID: id, URL: card + strconv.FormatInt(id, 10)}
		}
		out = append(out, n)
	}
	return out
}

// LayCard gives a row the fields of a card's layout; without one the card shows all that have a value.
func LayCard(f i18n.Format, layout []fields.LayoutField, row *Row, d deals.Card) {
	if len(layout) == 0 {
		return
	}
	row.Chosen = true
	row.Cells = cells(f, layout, dealParts{
		deal: d.Deal, contacts: d.Contacts, firms: d.Companies, tags: d.Tags, loss: d.LossReason, value: d.Value,
	})
}
