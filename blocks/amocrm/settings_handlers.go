package amocrm

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// SettingsCRM is what the settings ask of an account.
type SettingsCRM interface {
	Tenant() tenant.Tenant
	Meta(ctx context.Context) (crm.Meta, error)
}

// SettingsTenants stores what a company chose; *tenant.Directory is it.
type SettingsTenants interface {
	Update(ctx context.Context, id string, change func(*tenant.Tenant) error) (tenant.Tenant, error)
}

// SettingsGrants tells whether a tenant is logged in; *login.Grants is it.
type SettingsGrants interface {
	Status(ctx context.Context, tenantID string) (oauth.Status, error)
}

// SettingsDeps is what the pages work with. All are needed except Notices and Links.
type SettingsDeps struct {
	*ui.Kit
	Account func(*ui.PageRequest) (SettingsCRM, error)
	Tenants SettingsTenants
	Grants  SettingsGrants
	// Notices tells a company's people of trouble with its rules; nil leaves its section out.
	Notices Notices
	// Links lead to pages of other blocks, in groups.
	Links [][]ui.Link
}

// SettingsHandlers serve the pages.
type SettingsHandlers struct{ SettingsDeps }

// Mount names the addresses.
func (h *SettingsHandlers) Mount(g route.Group) {
	g.GET("/settings", h.withAccount(h.settings))
	g.POST("/settings", h.withAccount(h.saveSettings))
	g.POST("/settings/notices", h.withAccount(h.saveNotices))
	g.GET("/layout/:kind", h.withAccount(h.layoutForm))
	g.POST("/layout/:kind", h.withAccount(h.chooseLayout))
}

// settingsRequest is one request for a page.
type settingsRequest struct {
	*ui.PageRequest
	h   *SettingsHandlers
	crm SettingsCRM
}

// withAccount opens the account behind a session.
func (h *SettingsHandlers) withAccount(next func(*settingsRequest) error) echo.HandlerFunc {
	return h.WithSession(func(page *ui.PageRequest) error {
		account, err := h.Account(page)
		if err != nil {
			return page.Fail(err, page.Base())
		}
		return next(&settingsRequest{page, h, account})
	})
}

// change stores settings once for a form's token; the second of two clicks changes nothing more.
func (r *settingsRequest) change(set func(*tenant.Settings)) error {
	_, err := r.changeTenant(func(t *tenant.Tenant) error { set(&t.Settings); return nil })
	return err
}

// changeTenant is change for more than the settings; changed is nil when the form had been sent before.
func (r *settingsRequest) changeTenant(set func(*tenant.Tenant) error) (changed *tenant.Tenant, err error) {
	once, _, err := r.Begin()
	if err != nil || once == nil {
		return nil, err
	}
	ctx, cancel := r.Writing()
	defer cancel()
	t, err := r.h.Tenants.Update(ctx, r.Session.TenantID, set)
	if err != nil {
		if again := once.Release(ctx); again != nil {
			r.LogError(again)
		}
		return nil, err
	}
	return &t, once.Done(ctx, "saved")
}
