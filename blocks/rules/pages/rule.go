package pages

import (
	"context"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/tenant"
)

// ruleView is the page that hands an admin the rule for the helpdesk, with this tenant's key.
type ruleView struct {
	Base ui.Plain
	JSON ui.Plain
	Key  keyView
}

// rule shows the ready-made rule: GET …/rule.
func (h *Handlers) rule(r *pageRequest) error {
	return r.ShowOrSkeleton("form_loading", func(ctx context.Context) (ui.Page, error) {
		meta, err := r.crm.Meta(ctx)
		if err != nil {
			return ui.Page{}, err
		}
		text, err := ruleJSON(h.PublicURL, r.crm.Tenant(), r.T("rule.deal_name"), meta)
		return ui.Page{Name: "rule", Data: ruleView{Base: ui.Plain(r.Base()), JSON: text, Key: r.keyView(ctx)}}, err
	})
}

// ruleFields are the deal's members in the order in which a person reads them.
type ruleFields struct {
	Name          string `json:"name"`
	Price         int    `json:"price"`
	PipelineID    int64  `json:"pipeline_id,omitempty"`
	StatusID      int64  `json:"status_id,omitempty"`
	ResponsibleID int64  `json:"responsible_user_id,omitempty"`
}

// ruleJSON is a POST action as the helpdesk takes it (usedesk.md §3.2), with ids that exist in the account: its main
// pipeline's first stage and a user who may be responsible. The key goes into the body, since addresses end up in logs.
func ruleJSON(publicURL string, company tenant.Tenant, name string, meta crm.Meta) (ui.Plain, error) {
	fields := ruleFields{Name: name}
	for i, p := range meta.Open() {
		if i == 0 || p.IsMain {
			fields.PipelineID, fields.StatusID = int64(p.ID), int64(p.Statuses[0].ID)
		}
	}
	if users := meta.Assignable(); len(users) > 0 {
		fields.ResponsibleID = int64(users[0].ID)
	}
	type body struct {
		Key         string     `json:"key"`
		AmoClientID string     `json:"amoClientId,omitempty"`
		TicketID    string     `json:"ticketId"`
		Fields      ruleFields `json:"fields"`
		Comment     string     `json:"comment"`
	}
	text, err := request.JSON(struct {
		URL     string   `json:"url"`
		Data    body     `json:"data"`
		Headers []string `json:"headers"`
	}{publicURL + "/api/freeCreateLead", body{company.TriggerKey, company.IntegrationID, "{{ticket_id}}", fields, ""}, []string{}}, "  ")
	return ui.Plain(text + "\n"), err
}

// keyView is the part of the rule's page that changes its key.
type keyView struct {
	Action ui.Plain
	Token  ui.Plain
	Made   bool   // just now
	Until  string // until when the former key is good, "" when there is none
}

func (r *pageRequest) keyView(ctx context.Context) keyView {
	view := keyView{Action: ui.Plain(r.Base() + "/rule/key"), Token: ui.NewToken(), Made: r.QueryParam("done") == "key"}
	if t := r.crm.Tenant(); t.FormerKey(r.h.Now()) != "" {
		view.Until = r.FormatIn(ctx).DateTime(t.OldTriggerEnd)
	}
	return view
}

// newKey gives the rules a new key: POST …/rule/key. The former one is good for a day; the second of two clicks makes no
// second one.
func (h *Handlers) newKey(r *pageRequest) error {
	_, err := r.Once(func(ctx context.Context) (string, error) {
		_, err := h.NewKey(ctx, r.Session.TenantID)
		if err == nil {
			h.Log.InfoContext(ctx, "new trigger key", "tenant", r.Session.TenantID)
		}
		return "key", err
	})
	if err != nil {
		return r.Fail(err, r.Base()+"/rule")
	}
	return r.SeeOther(r.Base() + "/rule?done=key")
}
