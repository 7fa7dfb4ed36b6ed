package settings

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/tenant"
)

// layoutView is the page on which the fields of the list or of the card are chosen and ordered. Ticked rows come first,
// in their order: the form sends them in the order in which they stand.
type layoutView struct {
	Kind   string // list or card
	Action ui.Plain
	Back   ui.Plain
	Deal   int64 // whose card the agent came from, 0 for the list
	Token  ui.Plain
	Query  ui.Plain
	Rows   []fieldRow
	None   bool // nothing but the ticked rows fits the search
	Error  string
}

// fieldRow is one field that can be shown.
type fieldRow struct {
	ID                ui.Plain
	Name              string
	Custom            bool
	On                bool
	First, Last       bool // among the ticked
	UpLabel, DownText string
}

// layoutForm serves the gear's page: GET …/layout/list or …/layout/card?deal=12.
func (h *Handlers) layoutForm(r *request) error {
	kind, ok := layoutKind(r)
	if !ok {
		return r.Fail(crm.ErrGone, "")
	}
	return r.ShowOrSkeleton("form_loading", func(ctx context.Context) (ui.Page, error) {
		meta, err := r.crm.Meta(ctx)
		if err != nil {
			return ui.Page{}, err
		}
		chosen := r.chosen(kind)
		if len(fields.Layout(chosen, meta)) == 0 {
			chosen = fields.LayoutDefault(kind, meta)
		}
		return ui.Page{Name: "choose_fields", Data: r.layoutPage(ctx, kind, meta, chosen)}, nil
	})
}

func layoutKind(r *request) (string, bool) {
	kind := r.Param("kind")
	return kind, kind == fields.LayoutList || kind == fields.LayoutCard
}

func (r *request) chosen(kind string) []string {
	if kind == fields.LayoutCard {
		return r.crm.Tenant().Settings.CardLayout
	}
	return r.crm.Tenant().Settings.ListLayout
}

func (r *request) layoutPage(ctx context.Context, kind string, meta crm.Meta, chosen []string) layoutView {
	f := r.FormatIn(ctx)
	view := layoutView{
		Kind: kind, Action: ui.Plain(r.Base() + "/layout/" + kind), Deal: ui.Number(r.FormValue("deal")), Token: ui.NewToken(),
		Query: ui.Plain(strings.TrimSpace(r.FormValue("q"))),
	}
	view.Back = ui.Plain(r.layoutBack(view.Deal))
	on := fields.Layout(chosen, meta)
	for i, l := range on {
		row := layoutRow(f, l)
		row.On, row.First, row.Last = true, i == 0, i == len(on)-1
		view.Rows = append(view.Rows, row)
	}
	view.None = true
	for _, l := range fields.LayoutChoices(meta) {
		row := layoutRow(f, l)
		if slices.ContainsFunc(on, func(x fields.LayoutField) bool { return x.ID == l.ID }) ||
			!strings.Contains(strings.ToLower(row.Name), strings.ToLower(string(view.Query))) {
			continue
		}
		view.None = false
		view.Rows = append(view.Rows, row)
	}
	view.None = view.None && view.Query != ""
	return view
}

func layoutRow(f i18n.Format, l fields.LayoutField) fieldRow {
	name := forms.FieldName(f, l)
	return fieldRow{
		ID: ui.Plain(l.ID), Name: name, Custom: l.FieldID != 0,
		UpLabel:  f.T("layout.up", "Name", name),
		DownText: f.T("layout.down", "Name", name),
	}
}

func (r *request) layoutBack(deal int64) string {
	if deal != 0 {
		return r.Base() + "/deals/" + strconv.FormatInt(deal, 10)
	}
	return r.Base() + "/people"
}

// chooseLayout moves a row, searches, resets or saves: POST …/layout/:kind. Only saving and resetting change anything.
func (h *Handlers) chooseLayout(r *request) error {
	kind, ok := layoutKind(r)
	if !ok {
		return r.Fail(crm.ErrGone, "")
	}
	form, err := r.FormParams()
	if err != nil {
		return r.Fail(err, r.Base()+"/layout/"+kind)
	}
	meta, err := r.crm.Meta(r.Ctx)
	if err != nil {
		return r.Fail(err, r.Base()+"/layout/"+kind)
	}
	chosen := form["field"]
	switch action, id, _ := strings.Cut(form.Get("do"), ":"); action {
	case "up":
		chosen = fields.Move(chosen, id, -1)
	case "down":
		chosen = fields.Move(chosen, id, 1)
	case "save":
		if len(fields.Layout(chosen, meta)) == 0 {
			view := r.layoutPage(r.Ctx, kind, meta, nil)
			view.Error = r.T("layout.empty")
			return r.Show(http.StatusOK, "choose_fields", view)
		}
		return r.keepLayout(kind, idsOf(fields.Layout(chosen, meta)))
	case "reset":
		return r.keepLayout(kind, nil)
	}
	return r.Show(http.StatusOK, "choose_fields", r.layoutPage(r.Ctx, kind, meta, chosen))
}

func idsOf(layout []fields.LayoutField) []string {
	var ids []string
	for _, l := range layout {
		ids = append(ids, l.ID)
	}
	return ids
}

// keepLayout stores the choice for the whole tenant and goes back to where the gear was.
func (r *request) keepLayout(kind string, ids []string) error {
	back := r.layoutBack(ui.Number(r.FormValue("deal")))
	if back == r.Base()+"/people" {
		back = r.Base() + "?done=saved"
	}
	err := r.change(func(s *tenant.Settings) {
		if kind == fields.LayoutCard {
			s.CardLayout = ids
		} else {
			s.ListLayout = ids
		}
	})
	if err != nil {
		return r.Fail(err, r.Base()+"/layout/"+kind)
	}
	return r.SeeOther(back)
}
