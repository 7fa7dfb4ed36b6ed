package amocrm

import (
	"context"
	"net/http"

	"github.com/sidecard/sidecard/blocks/ui"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
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
func (v *visit) loginState(ctx context.Context) (view loginView, ok bool, err error) {
	status, err := v.h.Grants.Status(ctx, v.session.TenantID)
	if err != nil {
		return loginView{}, false, err
	}
	view = loginView{Lost: status.State == "lost" && status.Why != oauth.WhyEnded, URL: ui.Plain(v.base() + "/login")}
	if v.crm != nil {
		view.Host = ui.Plain(tenant.Host(v.crm.Tenant().AmoBase))
	}
	if view.Lost && !status.Since.IsZero() {
		view.Since = v.format().DateTime(status.Since)
	}
	if status.State != "connected" && v.h.Waiting != nil {
		if view.Waiting, err = v.h.Waiting(ctx, v.session.TenantID); err != nil {
			return loginView{}, false, err
		}
	}
	return view, status.State == "connected", nil
}

// needsLogin shows the login with its one button.
func (v *visit) needsLogin() error {
	view, _, err := v.loginState(v.ctx)
	if err != nil {
		v.h.note(v.ctx, err, false, v.session.TenantID)
		view = loginView{URL: ui.Plain(v.base() + "/login")}
	}
	return v.show(http.StatusOK, "login", view)
}

// state tells the panel's script whether a login that is under way has ended: GET …/state.
func (h *Handlers) state(v *visit) error {
	status, err := v.h.Grants.Status(v.ctx, v.session.TenantID)
	if err != nil {
		return err
	}
	return v.JSON(http.StatusOK, map[string]string{"state": status.State})
}
