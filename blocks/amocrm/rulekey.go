package amocrm

import (
	"time"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/tenant"
)

// keyView is the part of the rule's page that changes its key.
type keyView struct {
	Action ui.Plain
	Token  ui.Plain
	Made   bool   // just now
	Until  string // until when the former key is good, "" when there is none
}

func (v *visit) keyView(t tenant.Tenant, now time.Time, dateTime func(time.Time) string) keyView {
	view := keyView{Action: ui.Plain(v.base() + "/rule/key"), Token: ui.Plain(session.NewID()), Made: v.QueryParam("done") == "key"}
	if t.FormerKey(now) != "" {
		view.Until = dateTime(t.OldTriggerEnd)
	}
	return view
}

// newKey gives the rules a new key: POST …/rule/key. The former one is good for a day; the second of two clicks makes no
// second one.
func (h *Handlers) newKey(v *visit) error {
	once, _, err := v.begin()
	if err != nil {
		return v.fail(err, v.base()+"/rule")
	}
	if once != nil {
		ctx, cancel := v.writing()
		defer cancel()
		if _, err := h.Tenants.NewTriggerKey(ctx, v.session.TenantID); err != nil {
			if again := once.Release(ctx); again != nil {
				h.note(v.ctx, again, false, v.session.TenantID)
			}
			return v.fail(err, v.base()+"/rule")
		}
		if err := once.Done(ctx, "key"); err != nil {
			return v.fail(err, v.base()+"/rule")
		}
		h.Log.InfoContext(ctx, "new trigger key", "tenant", v.session.TenantID)
	}
	return see(v, v.base()+"/rule?done=key")
}
