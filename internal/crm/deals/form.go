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
