package main

import (
	"context"
	"testing"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/blocks/blockstest"
	"github.com/sidecard/sidecard/blocks/blockstest/probe"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/tenant"
)

// subjects are what the suite has to know of the blocks by their names. The keys of texts and the addresses of the first two are
// older than the rule that they begin with the block's name.
func subjects(c *config, tenants *tenant.Directory, p *probe.Block) map[string]blockstest.Subject {
	return map[string]blockstest.Subject{
		"amocrm": {
			Prefixes: []string{"choose", "comment", "conflict", "contact", "deal", "deals", "edit", "entity", "feed", "filter", "frame", "keyless", "language",
				"layout", "link", "login", "login_ended", "login_failed", "match", "missing", "nobody", "notices", "numbers", "open", "open_in_amo", "part", "person",
				"run", "search", "settings", "several", "source", "stale", "tasks", "value", "want"},
			Paths: []string{"/api", "/assets/", "/oauth/", "/blocks/amocrm/:session"},
		},
		"rules": {
			Prefixes: []string{"firing", "inbox", "notice", "rule", "tellback"},
			Paths:    []string{"/api/freeCreateLead", "/api/triggers/", "/blocks/amocrm/:session/inbox", "/blocks/amocrm/:session/rule"},
			Keep: func(ctx context.Context, t tenant.Tenant, _, ticketID int64) error {
				_, _, err := c.rules.Accept(ctx, t, request.Request{TicketID: ticketID}, "")
				return err
			},
			Choose: func(ctx context.Context, t tenant.Tenant, secret string) error {
				_, err := tenants.Update(ctx, t.ID, notify.Settings{ChatID: "12", BotToken: secret, WebhookURL: "https://hooks.example.com/" + secret, WebhookSecret: secret}.Choose)
				return err
			},
		},
		"probe": {
			Keep: func(ctx context.Context, t tenant.Tenant, clientID, ticketID int64) error {
				return p.Keep(ctx, t.ID, probe.Request{ClientID: clientID, TicketID: ticketID})
			},
			Choose: func(ctx context.Context, t tenant.Tenant, secret string) error {
				return p.Choose(ctx, t.ID, probe.Settings{Greeting: "Hello", Secret: secret})
			},
		},
	}
}

func TestBlocks_eachPassesTheSuite(t *testing.T) {
	p, c := probe.New("token-of-programs"), good()
	host := *wired(t, probe.New("token-of-programs")).Host // with the texts and the pages of all
	host.Metrics = nil                                     // the service's own blocks have theirs there
	known := subjects(c, host.Tenants, p)
	for _, b := range append(c.blocks, p) {
		t.Run(b.Name(), func(t *testing.T) {
			subject := known[b.Name()]
			subject.Host, subject.Block = &host, b
			blockstest.Run(t, subject)
		})
	}
}

func TestBlocks_twoOfOneNameAreRefused(t *testing.T) {
	s := wired(t)
	if err := (blocks.Set{probe.New(""), probe.New("")}).Start(s.Host); err == nil {
		t.Error("both were started")
	}
}
