package crm

import (
	"context"
	"fmt"
	"slices"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/runes"
)

// DealForm gives what the form of a new deal offers, filled from the ticket: its subject as the name (else the client's),
// the first stage of the main pipeline, the connection's user as responsible, the linked or newest made contact.
func (a *Account) DealForm(ctx context.Context, t helpdesk.Ticket) (DealForm, error) {
	meta, err := a.Vocabulary(ctx, PartNames)
	if err != nil {
		return DealForm{}, fmt.Errorf("prepare deal form: %w", err)
	}
	mem, err := a.Memory().Recall(ctx, t.Client.ID)
	if err != nil {
		return DealForm{}, fmt.Errorf("prepare deal form: %w", err)
	}
	f := dealFormOf(meta, t)
	f.Draft.ContactID = mem.Contact()
	if err := a.prefill(ctx, &f, t); err != nil {
		return DealForm{}, fmt.Errorf("prepare deal form: %w", err)
	}
	return f, nil
}

func dealFormOf(m Meta, t helpdesk.Ticket) DealForm {
	f := DealForm{Pipelines: m.Open(), Users: m.Assignable(), Currency: m.Account.Currency}
	f.Draft.Name = runes.First(firstText(t.Subject, t.Client.Name), MaxNameRunes)
	if p, ok := mainPipeline(f.Pipelines); ok {
		f.Draft.PipelineID, f.Draft.StatusID = int64(p.ID), int64(p.Statuses[0].ID)
	}
	for _, u := range f.Users {
		if u.ID == m.Account.CurrentUserID {
			f.Draft.ResponsibleID = int64(u.ID)
		}
	}
	return f
}

func mainPipeline(list []amocrm.Pipeline) (amocrm.Pipeline, bool) {
	for _, p := range list {
		if p.IsMain {
			return p, true
		}
	}
	if len(list) > 0 {
		return list[0], true
	}
	return amocrm.Pipeline{}, false
}

// prefill puts the tenant's choices into the form of a new deal: template, pipeline with stage, responsible, mapped
// fields. What is gone from the account is left as it was.
func (a *Account) prefill(ctx context.Context, f *DealForm, t helpdesk.Ticket) error {
	s := a.Settings()
	if s.DealName != "" {
		f.Draft.Name = DealName(s.DealName, t)
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
	mapped, err := a.Mapped(ctx, EntityLead, t)
	if len(mapped) > 0 {
		f.Draft.Fields = mapped
	}
	return err
}
