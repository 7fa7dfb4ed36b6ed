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

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/amocrm/signin"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
)

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

// Mount names the addresses.
func (h *Handlers) Mount(g route.Group) {
	g.GET("/settings", h.withAccount(h.show))
	g.POST("/settings", h.withAccount(h.save))
	g.POST("/settings/notices", h.withAccount(h.saveNotices))
	g.GET("/layout/:kind", h.withAccount(h.layoutForm))
	g.POST("/layout/:kind", h.withAccount(h.chooseLayout))
}

// request is one request for a page.
type request struct {
	*ui.PageRequest
	h   *Handlers
	crm CRM
}

// withAccount opens the account behind a session.
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
