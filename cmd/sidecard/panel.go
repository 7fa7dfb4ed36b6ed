package main

import (
	"cmp"
	"context"
	"log/slog"
	"slices"

	block "github.com/sidecard/sidecard/blocks/amocrm"
	"github.com/sidecard/sidecard/blocks/rules/pages"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/crm/subjects"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/ratelimit"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// panel joins the pages of an opened card: the CRM's and the rules', on one kit. It returns the routes of both.
func panel(set *config, s *service, accounts *crm.Accounts, sender *notify.Sender, flow *login.Flow, desk func(tenant.Tenant) (*usedesk.API, error),
	catalog *i18n.Catalog, anonymous *ratelimit.Anonymous, log *slog.Logger) (*block.Handlers, route.Mounter, error) {
	templates, err := ui.NewPages(catalog, append(slices.Clone(block.Templates), pages.Templates)...)
	if err != nil {
		return nil, nil, err
	}
	kit := ui.New(ui.Options{
		Pages: templates, Sessions: session.NewSessions(s.db), Path: "/blocks/amocrm", PublicURL: set.PublicURL,
		FrameAncestors: set.HelpdeskOrigins, Problems: slices.Concat(block.Problems, pages.Problems), Log: log,
	})
	ticketURL := func(t tenant.Tenant, id int64) string { return usedesk.TicketURL(cmp.Or(t.DeskBase, set.deskBase), id) }
	rulePages := pages.New(pages.Deps{
		Kit: kit, Rules: s.triggers, Try: s.triggers.TryRule, NewKey: s.tenants.NewTriggerKey, TicketURL: ticketURL,
		Account: func(ctx context.Context, tenantID string) (pages.Account, error) {
			return accounts.Open(ctx, tenantID, store.Interactive)
		},
	})
	card := block.New(block.Deps{
		Kit:     kit,
		Tenants: s.tenants,
		Grants:  s.grants,
		Flow:    flow,
		CRM: func(ctx context.Context, tenantID, writer string) (block.CRM, error) {
			return subjects.Open(ctx, accounts, tenantID, store.Interactive, writer)
		},
		Waiting: func(ctx context.Context, tenantID string) (int, error) {
			c, err := s.triggers.Counts(ctx, tenantID)
			return c.Waiting(), err
		},
		Runs:  rulePages,
		Links: pages.Links,
		LastMessage: func(ctx context.Context, tenantID string, ticketID int64) (string, error) {
			t, err := s.tenants.Get(ctx, tenantID)
			if err != nil || t.DeskToken == "" {
				return "", err
			}
			helpdesk, err := desk(t)
			if err != nil {
				return "", err
			}
			ticket, err := helpdesk.Ticket(ctx, ticketID)
			return ticket.LastFromClient(), err
		},
		TicketURL: ticketURL,
		Notices:   sender,
		AmoBase:   set.amoHosts.Typed,
		DeskBase:  set.deskHosts.Typed,
		Changes:   s.changes,
		Stranger:  anonymous.Allow,
	})
	return card, rulePages, nil
}
