package amocrm

import (
	"context"
	"embed"
	"io/fs"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/people"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/subjects"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Texts are those of the block, for i18n.NewCatalog.
//
//go:embed locales/active.*.json
var Texts embed.FS

// Rules is what the panel shows of the work of rules; the block of rules is it.
type Rules interface {
	people.Runs
	// Waiting counts the deals of rules that wait for a login.
	Waiting(ctx context.Context, tenantID string) (int, error)
}

// Desks is what the panel asks of helpdesks.
type Desks interface {
	// DeskBase checks a helpdesk's address as typed and brings it to its one form.
	DeskBase(raw string) (string, error)
	// LastMessage reads what the client wrote last in a ticket, "" when it can't be read.
	LastMessage(ctx context.Context, t tenant.Tenant, ticketID int64) (string, error)
	// TicketURL returns the page of a ticket, "" when that can't be told.
	TicketURL(t tenant.Tenant, ticketID int64) string
}

// Block is the amoCRM block.
type Block struct {
	*Handlers
	desks Desks
	rules Rules
	links [][]ui.Link
}

var (
	_ blocks.Worded  = (*Block)(nil)
	_ blocks.Paged   = (*Block)(nil)
	_ blocks.Mounter = (*Block)(nil)
	_ blocks.Runner  = (*Block)(nil)
	_ blocks.Closer  = (*Block)(nil)
)

// NewBlock returns the block. links lead from the settings to pages of other blocks, in groups.
func NewBlock(desks Desks, rules Rules, links [][]ui.Link) *Block {
	return &Block{desks: desks, rules: rules, links: links}
}

// Name implements blocks.Block.
func (*Block) Name() string { return blocks.Panel }

// Texts implements blocks.Worded.
func (*Block) Texts() fs.FS { return Texts }

// Pages implements blocks.Paged.
func (*Block) Pages() blocks.Pages { return blocks.Pages{Templates: Templates, Problems: Problems} }

// Start implements blocks.Block.
func (b *Block) Start(h *blocks.Host) error {
	b.Handlers = New(Deps{
		Kit: h.Kit, Tenants: h.Tenants, Grants: h.Grants, Flow: h.Logins, Notices: h.Notices, Changes: h.Changes,
		AmoBase: h.AmoBase, Stranger: h.Anonymous.Allow,
		Waiting: b.rules.Waiting, Runs: b.rules, Links: b.links,
		DeskBase: b.desks.DeskBase, TicketURL: b.desks.TicketURL,
		CRM: func(ctx context.Context, tenantID, writer string) (CRM, error) {
			return subjects.Open(ctx, h.Accounts, tenantID, store.Interactive, writer)
		},
		LastMessage: func(ctx context.Context, tenantID string, ticketID int64) (string, error) {
			t, err := h.Tenants.Get(ctx, tenantID)
			if err != nil || t.DeskToken == "" {
				return "", err
			}
			return b.desks.LastMessage(ctx, t, ticketID)
		},
	})
	return nil
}

// Run implements blocks.Runner: the streams to open panels end with the service, which does not wait for them.
func (b *Block) Run(ctx context.Context) error {
	<-ctx.Done()
	b.EndStreams()
	return nil
}
