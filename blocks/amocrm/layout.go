package amocrm

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/tenant"
)

// settingsTenants keeps what a company chose; *tenant.Directory does.
type settingsTenants interface {
	Update(ctx context.Context, id string, change func(*tenant.Tenant) error) (tenant.Tenant, error)
	NewTriggerKey(ctx context.Context, id string) (tenant.Tenant, error)
}

func (h *Handlers) layoutRoutes(g *echo.Group) {
	g.GET("/layout/:kind", h.inside(h.layoutForm))
	g.POST("/layout/:kind", h.inside(h.chooseLayout))
}

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

// layoutForm is the gear's page: GET …/layout/list or …/layout/card?deal=12.
func (h *Handlers) layoutForm(v *visit) error {
	kind, ok := layoutKind(v)
	if !ok {
		return v.fail(crm.ErrGone, "")
	}
	return v.paint("form_loading", func(ctx context.Context) (loaded, error) {
		meta, err := v.crm.Meta(ctx)
		if err != nil {
			return loaded{}, err
		}
		chosen := v.chosen(kind)
		if len(crm.Layout(chosen, meta)) == 0 {
			chosen = crm.LayoutDefault(kind, meta)
		}
		return loaded{"choose_fields", v.layoutPage(ctx, kind, meta, chosen)}, nil
	})
}

func layoutKind(v *visit) (string, bool) {
	kind := v.Param("kind")
	return kind, kind == crm.LayoutList || kind == crm.LayoutCard
}

func (v *visit) chosen(kind string) []string {
	if kind == crm.LayoutCard {
		return v.crm.Tenant().Settings.CardLayout
	}
	return v.crm.Tenant().Settings.ListLayout
}

func (v *visit) layoutPage(ctx context.Context, kind string, meta crm.Meta, chosen []string) layoutView {
	f := v.formatIn(ctx)
	view := layoutView{
		Kind: kind, Action: ui.Plain(v.base() + "/layout/" + kind), Deal: number(v.FormValue("deal")), Token: ui.Plain(session.NewID()),
		Query: ui.Plain(strings.TrimSpace(v.FormValue("q"))),
	}
	view.Back = ui.Plain(v.layoutBack(view.Deal))
	on := crm.Layout(chosen, meta)
	for i, l := range on {
		row := layoutRow(f, l)
		row.On, row.First, row.Last = true, i == 0, i == len(on)-1
		view.Rows = append(view.Rows, row)
	}
	view.None = true
	for _, l := range crm.LayoutChoices(meta) {
		row := layoutRow(f, l)
		if slices.ContainsFunc(on, func(x crm.LayoutField) bool { return x.ID == l.ID }) ||
			!strings.Contains(strings.ToLower(row.Name), strings.ToLower(string(view.Query))) {
			continue
		}
		view.None = false
		view.Rows = append(view.Rows, row)
	}
	view.None = view.None && view.Query != ""
	return view
}

func layoutRow(f i18n.Format, l crm.LayoutField) fieldRow {
	name := fieldName(f, l)
	return fieldRow{
		ID: ui.Plain(l.ID), Name: name, Custom: l.FieldID != 0,
		UpLabel:  f.Catalog.T(f.Lang, "layout.up", "Name", name),
		DownText: f.Catalog.T(f.Lang, "layout.down", "Name", name),
	}
}

func (v *visit) layoutBack(deal int64) string {
	if deal != 0 {
		return v.base() + "/deals/" + strconv.FormatInt(deal, 10)
	}
	return v.base() + "/people"
}

// chooseLayout moves a row, searches, resets or saves: POST …/layout/:kind. Only saving and resetting change anything.
func (h *Handlers) chooseLayout(v *visit) error {
	kind, ok := layoutKind(v)
	if !ok {
		return v.fail(crm.ErrGone, "")
	}
	form, err := v.FormParams()
	if err != nil {
		return v.fail(err, v.base()+"/layout/"+kind)
	}
	meta, err := v.crm.Meta(v.ctx)
	if err != nil {
		return v.fail(err, v.base()+"/layout/"+kind)
	}
	chosen := form["field"]
	switch action, id, _ := strings.Cut(form.Get("do"), ":"); action {
	case "up":
		chosen = crm.Move(chosen, id, -1)
	case "down":
		chosen = crm.Move(chosen, id, 1)
	case "save":
		if len(crm.Layout(chosen, meta)) == 0 {
			view := v.layoutPage(v.ctx, kind, meta, nil)
			view.Error = v.t("layout.empty")
			return v.show(http.StatusOK, "choose_fields", view)
		}
		return v.keepLayout(kind, idsOf(crm.Layout(chosen, meta)))
	case "reset":
		return v.keepLayout(kind, nil)
	}
	return v.show(http.StatusOK, "choose_fields", v.layoutPage(v.ctx, kind, meta, chosen))
}

func idsOf(layout []crm.LayoutField) []string {
	var ids []string
	for _, l := range layout {
		ids = append(ids, l.ID)
	}
	return ids
}

// keepLayout stores the choice for the whole tenant and goes back to where the gear was.
func (v *visit) keepLayout(kind string, ids []string) error {
	back := v.layoutBack(number(v.FormValue("deal")))
	if back == v.base()+"/people" {
		back = v.base() + "?done=saved"
	}
	err := v.change(func(s *tenant.Settings) {
		if kind == crm.LayoutCard {
			s.CardLayout = ids
		} else {
			s.ListLayout = ids
		}
	})
	if err != nil {
		return v.fail(err, v.base()+"/layout/"+kind)
	}
	return see(v, back)
}

// change stores settings once for a form's token; the second of two clicks changes nothing more.
func (v *visit) change(set func(*tenant.Settings)) error {
	_, err := v.changeTenant(func(t *tenant.Tenant) { set(&t.Settings) })
	return err
}

// changeTenant is change for more than the settings; changed is nil when the form had been sent before.
func (v *visit) changeTenant(set func(*tenant.Tenant)) (changed *tenant.Tenant, err error) {
	once, _, err := v.begin()
	if err != nil || once == nil {
		return nil, err
	}
	ctx, cancel := v.writing()
	defer cancel()
	t, err := v.h.Tenants.Update(ctx, v.session.TenantID, func(t *tenant.Tenant) error {
		set(t)
		return nil
	})
	if err != nil {
		if again := once.Release(ctx); again != nil {
			v.h.note(v.ctx, again, false, v.session.TenantID)
		}
		return nil, err
	}
	return &t, once.Done(ctx, "saved")
}
