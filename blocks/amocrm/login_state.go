package amocrm

import (
	"context"
	"net/http"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/tenant"
)

// loginView is the state before anything else: nobody is logged in, or not any more.
type loginView struct {
	Lost    bool
	Since   string   // when the login was lost
	Waiting int      // deals of rules that wait
	Host    ui.Plain // of the amoCRM account named in the block
	URL     ui.Plain
}

// loginState asks how the tenant's login stands. ok is true when it works.
func (r *pageRequest) loginState(ctx context.Context) (view loginView, ok bool, err error) {
	status, err := r.h.Grants.Status(ctx, r.Session.TenantID)
	if err != nil {
		return loginView{}, false, err
	}
	view = loginView{Lost: status.State == "lost" && status.Why != login.WhyEnded, URL: ui.Plain(r.Base() + "/login")}
	if r.crm != nil {
		view.Host = ui.Plain(tenant.Host(r.crm.Tenant().AmoBase))
	}
	if view.Lost && !status.Since.IsZero() {
		view.Since = r.Format().DateTime(status.Since)
	}
	if status.State != "connected" && r.h.Waiting != nil {
		if view.Waiting, err = r.h.Waiting(ctx, r.Session.TenantID); err != nil {
			return loginView{}, false, err
		}
	}
	return view, status.State == "connected", nil
}

// needsLogin shows the login with its one button, on whatever page it is missing.
func (h *Handlers) needsLogin(page *ui.PageRequest) error {
	r := &pageRequest{PageRequest: page, h: h}
	err := r.account(r.Ctx)
	var view loginView
	if err == nil {
		view, _, err = r.loginState(r.Ctx)
	}
	if err != nil {
		r.LogError(err)
		view = loginView{URL: ui.Plain(r.Base() + "/login")}
	}
	return r.Show(http.StatusOK, "login", view)
}

// state tells the panel's script whether a login that is under way has ended: GET …/state.
func (h *Handlers) state(r *pageRequest) error {
	status, err := r.h.Grants.Status(r.Ctx, r.Session.TenantID)
	if err != nil {
		return err
	}
	return r.JSON(http.StatusOK, map[string]string{"state": status.State})
}
