package deals

import (
	"context"
	"fmt"
	"slices"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/money"
)

// Edit is what the forms of a deal's card offer, with the values as they are now.
type Edit struct {
	Name          string
	Price         money.Amount
	Currency      string
	PipelineID    int64
	StatusID      int64
	ResponsibleID int64
	LossReasonID  int64
	Pipelines     []amocrm.Pipeline   // not archived, without Unsorted
	Users         []amocrm.User       // who may be responsible; empty when the connection may not read users
	LossReasons   []amocrm.LossReason // empty when the account asks for none
	Fields        []amocrm.Field      // the custom fields that a form can change, in the account's order
	Outside       []amocrm.Field      // those that people can change on amoCRM's own card alone
	Values        map[int64][]string  // by field id: a form's strings (choices are enum ids, times in the account's zone)
}

// DealEdit reads a deal for its forms. After Deal it costs no call of the CRM. ErrGone when there is no such deal.
func (ds *Deals) DealEdit(ctx context.Context, id int64) (Edit, error) {
	card, err := ds.Deal(ctx, id)
	if err != nil {
		return Edit{}, err
	}
	meta, err := ds.account.Vocabulary(ctx, crm.PartNames|crm.PartLeadFields)
	if err != nil {
		return Edit{}, fmt.Errorf("read forms of deal %d: %w", id, err)
	}
	reasons, err := ds.lossReasons(ctx, meta)
	if err != nil {
		return Edit{}, err
	}
	return Edit{
		Name: card.Name, Price: card.Price, Currency: meta.Account.Currency,
		PipelineID: card.PipelineID, StatusID: card.StatusID,
		ResponsibleID: card.ResponsibleID, LossReasonID: card.LossReasonID,
		Pipelines: meta.Open(), Users: meta.Assignable(), LossReasons: reasons,
		Fields: fields.Editable(meta.LeadFields), Outside: fields.Outside(meta.LeadFields), Values: card.Inputs,
	}, nil
}

// Missing lists the fields that a stage requires and that the deal does not have. Staying where it is requires nothing.
func (e Edit) Missing(pipelineID, statusID int64) []amocrm.Field {
	if pipelineID == e.PipelineID && statusID == e.StatusID {
		return nil
	}
	return slices.DeleteFunc(crm.RequiredFields(e.Fields, pipelineID, statusID), func(f amocrm.Field) bool {
		return !fields.Blank(e.Values[int64(f.ID)])
	})
}

// lossReasons lists why deals are lost, nil when the account does not ask (amocrm.md §3.3).
func (ds *Deals) lossReasons(ctx context.Context, m crm.Meta) ([]amocrm.LossReason, error) {
	if !m.Account.LossReasons {
		return nil, nil
	}
	var out []amocrm.LossReason
	err := crm.Fill(ctx, ds.account, "lossreasons", &out, new(crm.Age), ds.account.API().LossReasons)
	return out, err
}
