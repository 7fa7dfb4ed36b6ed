package pages

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
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
		text, err := ruleJSON(h.PublicURL, r.crm.Tenant().TriggerKey, r.crm.Tenant().IntegrationID, r.T("rule.deal_name"), meta)
		key := r.keyView(r.crm.Tenant(), h.Now(), r.FormatIn(ctx).DateTime)
		return ui.Page{Name: "rule", Data: ruleView{Base: ui.Plain(r.Base()), JSON: ui.Plain(text), Key: key}}, err
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
func ruleJSON(publicURL, key, integration, name string, meta crm.Meta) (string, error) {
	fields := ruleFields{Name: name}
	for i, p := range meta.Open() {
		if i == 0 || p.IsMain {
			fields.PipelineID, fields.StatusID = int64(p.ID), int64(p.Statuses[0].ID)
		}
	}
	if users := meta.Assignable(); len(users) > 0 {
		fields.ResponsibleID = int64(users[0].ID)
	}
	var data struct {
		Key         string     `json:"key"`
		AmoClientID string     `json:"amoClientId,omitempty"`
		TicketID    string     `json:"ticketId"`
		Fields      ruleFields `json:"fields"`
		Comment     string     `json:"comment"`
	}
	data.Key, data.AmoClientID, data.TicketID, data.Fields = key, integration, "{{ticket_id}}", fields
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(struct {
		URL     string   `json:"url"`
		Data    any      `json:"data"`
		Headers []string `json:"headers"`
	}{publicURL + "/api/freeCreateLead", data, []string{}})
	return b.String(), err
}
