package signin

import (
	"context"
	"net/http"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/tenant"
)

// View is the state before anything else: there is no login, or it was lost.
type View struct {
	Lost    bool
	Since   string   // when the login was lost
	Waiting int      // deals of rules that wait
	Host    ui.Plain // of the amoCRM account named in the block
	URL     ui.Plain
}

// State asks how the tenant's login stands. ok is true when it works.
func (h *Handlers) State(ctx context.Context, r *ui.PageRequest) (view View, ok bool, err error) {
	status, err := h.Grants.Status(ctx, r.Session.TenantID)
	if err != nil {
		return View{}, false, err
	}
	view = View{Lost: status.State == "lost" && status.Why != login.WhyEnded, URL: ui.Plain(r.Base() + "/login")}
	view.Host = ui.Plain(tenant.Host(r.Tenant().AmoBase))
	if view.Lost && !status.Since.IsZero() {
		view.Since = r.Format().DateTime(status.Since)
	}
	if status.State != "connected" && h.Waiting != nil {
		if view.Waiting, err = h.Waiting(ctx, r.Session.TenantID); err != nil {
			return View{}, false, err
		}
	}
	return view, status.State == "connected", nil
}

// missing shows the login with its one button, on whatever page it is missing.
func (h *Handlers) missing(r *ui.PageRequest) error {
	view, _, err := h.State(r.Ctx, r)
	if err != nil {
		r.LogError(err)
		view = View{URL: ui.Plain(r.Base() + "/login")}
	}
	return r.Show(http.StatusOK, "login", view)
}

// poll reports to the panel's script whether a login that is under way has ended: GET …/state.
func (h *Handlers) poll(r *ui.PageRequest) error {
	status, err := h.Grants.Status(r.Ctx, r.Session.TenantID)
	if err != nil {
		return err
	}
	return r.JSON(http.StatusOK, map[string]string{"state": status.State})
}
