package pages

import (
	"time"

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

func (r *pageRequest) keyView(t tenant.Tenant, now time.Time, dateTime func(time.Time) string) keyView {
	view := keyView{Action: ui.Plain(r.Base() + "/rule/key"), Token: ui.NewToken(), Made: r.QueryParam("done") == "key"}
	if t.FormerKey(now) != "" {
		view.Until = dateTime(t.OldTriggerEnd)
	}
	return view
}

// newKey gives the rules a new key: POST …/rule/key. The former one is good for a day; the second of two clicks makes no
// second one.
func (h *Handlers) newKey(r *pageRequest) error {
	once, _, err := r.Begin()
	if err != nil {
		return r.Fail(err, r.Base()+"/rule")
	}
	if once != nil {
		ctx, cancel := r.Writing()
		defer cancel()
		if _, err := h.NewKey(ctx, r.Session.TenantID); err != nil {
			if again := once.Release(ctx); again != nil {
				r.LogError(again)
			}
			return r.Fail(err, r.Base()+"/rule")
		}
		if err := once.Done(ctx, "key"); err != nil {
			return r.Fail(err, r.Base()+"/rule")
		}
		h.Log.InfoContext(ctx, "new trigger key", "tenant", r.Session.TenantID)
	}
	return r.SeeOther(r.Base() + "/rule?done=key")
}
