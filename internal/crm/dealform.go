package crm

import (
	"context"
	"fmt"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/runes"
)

const maxNoteRunes = 20000 // amoCRM documents no limit; this keeps a request small

// DealForm gives what the form of a new deal offers, filled from the ticket: its subject as the name (else the client's),
// the first stage of the main pipeline, the connection's user as responsible, the linked or newest made contact.
func (a *Account) DealForm(ctx context.Context, t helpdesk.Ticket) (DealForm, error) {
	meta, err := a.Vocabulary(ctx, PartNames)
	if err != nil {
		return DealForm{}, fmt.Errorf("prepare deal form: %w", err)
	}
	mem, err := a.memory().Recall(ctx, t.Client.ID)
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
	f.Draft.Name = runes.First(firstText(t.Subject, t.Client.Name), maxNameRunes)
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

// Required lists the custom fields that a deal must have to enter a stage and that a form can ask for, in their order
// (amocrm.md §3.4).
func (a *Account) Required(ctx context.Context, pipelineID, statusID int64) ([]amocrm.Field, error) {
	meta, err := a.Vocabulary(ctx, PartLeadFields)
	if err != nil {
		return nil, fmt.Errorf("read required fields: %w", err)
	}
	return requiredFields(meta.LeadFields, pipelineID, statusID), nil
}

func requiredFields(fields []amocrm.Field, pipelineID, statusID int64) []amocrm.Field {
	var out []amocrm.Field
	for _, f := range fields {
		if f.IsAPIOnly || !f.Writable() {
			continue
		}
		for _, s := range f.RequiredStatuses {
			if int64(s.PipelineID) == pipelineID && int64(s.StatusID) == statusID {
				out = append(out, f)
				break
			}
		}
	}
	return out
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}
