package deals

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/internal/runes"
)

// DealForm returns what the form of a new deal offers, filled from the ticket: its subject as the name (else the client's),
// the first stage of the main pipeline, the connection's user as responsible, the linked or newest made contact.
func (ds *Deals) DealForm(ctx context.Context, t helpdesk.Ticket) (Form, error) {
	meta, err := ds.account.Vocabulary(ctx, crm.PartNames)
	if err != nil {
		return Form{}, fmt.Errorf("prepare deal form: %w", err)
	}
	mem, err := ds.account.Memory().Recall(ctx, t.Client.ID)
	if err != nil {
		return Form{}, fmt.Errorf("prepare deal form: %w", err)
	}
	f := formOf(meta, t)
	f.Draft.ContactID = mem.Contact()
	if err := ds.prefill(ctx, &f, t); err != nil {
		return Form{}, fmt.Errorf("prepare deal form: %w", err)
	}
	return f, nil
}

func formOf(m crm.Meta, t helpdesk.Ticket) Form {
	f := Form{Pipelines: m.Open(), Users: m.Assignable(), Currency: m.Account.Currency}
	f.Draft.Name = runes.First(crm.FirstText(t.Subject, t.Client.Name), crm.MaxNameRunes)
	if len(f.Pipelines) > 0 {
		main, ok := crm.Find(f.Pipelines, func(p amocrm.Pipeline) bool { return p.IsMain })
		if !ok {
			main = f.Pipelines[0]
		}
		f.Draft.PipelineID, f.Draft.StatusID = int64(main.ID), int64(main.Statuses[0].ID)
	}
	for _, u := range f.Users {
		if u.ID == m.Account.CurrentUserID {
			f.Draft.ResponsibleID = int64(u.ID)
		}
	}
	return f
}

// prefill puts the tenant's choices into the form of a new deal: template, pipeline with stage, responsible, mapped
// fields. What is gone from the account is left as it was.
func (ds *Deals) prefill(ctx context.Context, f *Form, t helpdesk.Ticket) error {
	s := ds.account.Settings()
	if s.DealName != "" {
		f.Draft.Name = Name(s.DealName, t)
	}
	for _, p := range f.Pipelines {
		for _, st := range p.Statuses {
			if int64(p.ID) == s.PipelineID && int64(st.ID) == s.StatusID {
				f.Draft.PipelineID, f.Draft.StatusID = s.PipelineID, s.StatusID
			}
		}
	}
	if slices.ContainsFunc(f.Users, func(u amocrm.User) bool { return int64(u.ID) == s.ResponsibleID }) {
		f.Draft.ResponsibleID = s.ResponsibleID
	}
	mapped, err := ds.fields.Mapped(ctx, fields.EntityLead, t)
	if len(mapped) > 0 {
		f.Draft.Fields = mapped
	}
	return err
}

// DealNamePlaces are the placeholders of a deal-name template, without their braces.
var NamePlaces = []string{"ticket.subject", "ticket.id", "client.name"}

// Name fills a template for a ticket as Fill does; white space is collapsed, the result cut to amoCRM's length. When
// nothing is left, or without a template, it is the subject, else the client's name.
func Name(template string, t helpdesk.Ticket) string {
	filled := strings.Join(strings.Fields(helpdesk.Fill(template, t)), " ")
	return runes.First(crm.FirstText(filled, t.Subject, t.Client.Name), crm.MaxNameRunes)
}

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
