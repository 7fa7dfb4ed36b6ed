// Package settings is what a company's administrators choose of its card, as far as it may be chosen in the panel: language,
// masks, defaults of new deals, mapped fields, who is notified of trouble with rules, and which fields of deals are shown in which order.
//
// It refuses to know where the choices are used. It reads an account's vocabulary and stores into the tenant, nothing else.
//
// Invariants: a field that a page did not have stays as it is; a form with a mistake stores nothing and comes back as it was
// typed; a form sent twice acts once.
package settings

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/amocrm/signin"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
)

// maxDealName bounds a template of a deal's name, in characters.
const maxDealName = 200

// show serves the company's page: GET …/settings.
func (h *Handlers) show(r *request) error {
	saved := r.QueryParam("done") == "saved"
	return r.ShowOrSkeleton("form_loading", func(ctx context.Context) (ui.Page, error) {
		view, err := r.page(ctx, r.crm.Tenant().Settings, nil)
		view.Saved = saved
		return ui.Page{Name: "settings", Data: view}, err
	})
}

// save stores the form: POST …/settings. With errors it comes back as it was typed and nothing is stored.
func (h *Handlers) save(r *request) error {
	form, err := r.FormParams()
	if err != nil {
		return r.Fail(err, r.Base()+"/settings")
	}
	meta, metaErr := r.crm.Meta(r.Ctx)
	read := settingsForm{form: form, meta: meta, errs: map[string]string{}, t: r.T}
	typed := read.into(r.crm.Tenant().Settings)
	if metaErr != nil && read.needsMeta() {
		return r.Fail(metaErr, r.Base()+"/settings")
	}
	if len(read.errs) > 0 || form.Get("do") == "more" {
		ctx, cancel := r.Background(h.Budget / 2)
		defer cancel()
		view, err := r.page(ctx, typed, read.errs)
		if err != nil {
			return r.Fail(err, r.Base()+"/settings")
		}
		view.keep(form)
		return r.Show(http.StatusOK, "settings", view)
	}
	err = r.change(func(s *tenant.Settings) { *s = read.into(*s) }) // what another page stored meanwhile stays
	if err != nil {
		return r.Fail(err, r.Base()+"/settings")
	}
	return r.SeeOther(r.Base() + "/settings?done=saved")
}

// settingsForm reads the page's form. A field that the page did not have (amoCRM could not be asked) stays as it is.
type settingsForm struct {
	form url.Values
	meta crm.Meta
	errs map[string]string
	t    func(key string, args ...any) string
}

func (r settingsForm) needsMeta() bool { return r.form.Has("stage") || r.form.Has("map_to") }

func (r settingsForm) text(name string) string { return strings.TrimSpace(r.form.Get(name)) }

func (r settingsForm) into(s tenant.Settings) tenant.Settings {
	s.Language, s.Region = r.text("language"), strings.ToUpper(r.text("region"))
	if _, known := i18n.ParseLang(s.Language); !known {
		r.errs["language"] = r.t(crm.KeyBadChoice)
	}
	if s.Region != "" && phone.Regions()[s.Region] == 0 {
		r.errs["region"] = r.t(crm.KeyBadChoice)
	}
	s.MaskPhones = r.text("mask") == "1"
	s.DealName = r.text("deal_name")
	if place := helpdesk.WrongPlaceholder(s.DealName, deals.NamePlaces); place != "" {
		r.errs["deal_name"] = r.t("settings.bad_place", "Place", place)
	} else if len([]rune(s.DealName)) > maxDealName {
		r.errs["deal_name"] = r.t(crm.KeyTooLong, "max", strconv.Itoa(maxDealName))
	}
	if r.form.Has("stage") {
		r.stage(&s)
	}
	if r.form.Has("responsible") {
		s.ResponsibleID = ui.Number(r.text("responsible"))
		free := slices.ContainsFunc(r.meta.Users, func(u amoapi.User) bool { return int64(u.ID) == s.ResponsibleID })
		if s.ResponsibleID != 0 && !free {
			r.errs["responsible"] = r.t(crm.KeyBadChoice)
		}
	}
	if r.form.Has("map_to") {
		s.Mapping = r.mapping()
	}
	return s
}

// stage reads "pipeline:stage".
func (r settingsForm) stage(s *tenant.Settings) {
	pipeline, stage, _ := strings.Cut(r.text("stage"), ":")
	s.PipelineID, s.StatusID = ui.Number(pipeline), ui.Number(stage)
	if r.text("stage") == "" {
		return
	}
	if _, ok := r.meta.Status(s.PipelineID, s.StatusID); !ok {
		r.errs["stage"] = r.t(crm.KeyBadChoice)
	}
}

// mapping reads the pairs of lists; a pair without both halves is not there, one with a single half is a mistake.
func (r settingsForm) mapping() []tenant.FieldMap {
	var out []tenant.FieldMap
	seen := map[string]bool{}
	from, to := r.form["map_from"], r.form["map_to"]
	for i := range min(len(from), len(to), maxMappings) {
		path := "map." + strconv.Itoa(i)
		entity, id, _ := strings.Cut(to[i], ":")
		rule := tenant.FieldMap{From: from[i], Entity: entity, FieldID: ui.Number(id)}
		switch {
		case from[i] == "" && to[i] == "":
			continue
		case from[i] == "" || to[i] == "":
			r.errs[path] = r.t("settings.half_mapping")
		case seen[to[i]]:
			r.errs[path] = r.t("settings.same_target")
		case !r.fits(rule):
			r.errs[path] = r.t("settings.no_fit")
		}
		seen[to[i]] = true
		out = append(out, rule)
	}
	return out
}

func (r settingsForm) fits(rule tenant.FieldMap) bool {
	for _, f := range fields.MapTargets(r.meta, rule.Entity) {
		if int64(f.ID) == rule.FieldID {
			return fields.MapFits(rule.From, f.Type)
		}
	}
	return false
}

// CRM is what the settings ask of an account.
type CRM interface {
	Tenant() tenant.Tenant
	Meta(ctx context.Context) (crm.Meta, error)
}

// Tenants stores what a company chose; *tenant.Directory is it.
type Tenants interface {
	Update(ctx context.Context, id string, change func(*tenant.Tenant) error) (tenant.Tenant, error)
}

// Handlers serve the pages. All members are needed except Notices and Links.
type Handlers struct {
	*ui.Kit
	Account func(*ui.PageRequest) (CRM, error)
	Tenants Tenants
	Grants  signin.Grants
	// Notices sends word of trouble with rules to a company's people; nil leaves its section out.
	Notices Notices
	// Links lead to pages of other blocks, in groups.
	Links [][]ui.Link
}

func (h *Handlers) Mount(g route.Group) {
	g.GET("/settings", h.withAccount(h.show))
	g.POST("/settings", h.withAccount(h.save))
	g.POST("/settings/notices", h.withAccount(h.saveNotices))
	g.GET("/layout/:kind", h.withAccount(h.layoutForm))
	g.POST("/layout/:kind", h.withAccount(h.chooseLayout))
}

type request struct {
	*ui.PageRequest
	h   *Handlers
	crm CRM
}

func (h *Handlers) withAccount(next func(*request) error) echo.HandlerFunc {
	return ui.WithAccount(h.Kit, h.Account, func(page *ui.PageRequest, account CRM) error {
		return next(&request{page, h, account})
	})
}

// change stores settings once for a form's token; the second of two clicks changes nothing more.
func (r *request) change(set func(*tenant.Settings)) error {
	_, err := r.changeTenant(func(t *tenant.Tenant) error { set(&t.Settings); return nil })
	return err
}

// changeTenant stores more than the settings; changed is nil when the form had been sent before.
func (r *request) changeTenant(set func(*tenant.Tenant) error) (changed *tenant.Tenant, err error) {
	_, err = r.Once(func(ctx context.Context) (string, error) {
		t, err := r.h.Tenants.Update(ctx, r.Session.TenantID, set)
		changed = &t
		return "saved", err
	})
	return changed, err
}

// Templates are those of the pages.
//
//go:embed templates/*.html
var Templates embed.FS
