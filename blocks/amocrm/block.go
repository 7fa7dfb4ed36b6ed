// Package amocrm is the amoCRM block: what an agent sees of a client's contacts and deals beside a ticket. It opens the card,
// answers with a frame or with the static card, which needs no script, and joins the pages:
//
//	panel/people    first screen, search, new contact        panel/rows   deals in rows, used by people and deal
//	panel/deal      an opened deal: card, tasks, comments    panel/feed   what happened in a deal
//	panel/newdeal   form of a new deal                       panel/forms  values of fields as texts and inputs, and back
//	panel/settings  what a company chooses                   panel/numbers  how phones are read, duplicates
//	signin, live    login, hints of changes
//
// In each of these handlers turn a request into calls of the account, view models turn values into texts of the reader's
// language, templates lay them out. Each names in its interface CRM what it asks of an account. The block refuses to know how
// people are matched, where tokens live and what the wire looks like: that is internal/crm and connector/amocrm.
//
// Invariants: every state shows exactly one next step; every page works without script (links and forms), htmx only
// saves the reload; every id from the browser is used through the session's tenant alone; no page takes longer than its
// budget; what was typed survives an error; a form sent twice acts once.
package amocrm

import (
	"context"
	"embed"
	"io/fs"
	"net/http"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/people"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/subjects"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
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

func (*Block) Name() string { return blocks.Panel }

func (*Block) Texts() fs.FS { return Texts }

func (*Block) Pages() blocks.Pages { return blocks.Pages{Templates: Templates, Problems: Problems} }

func (b *Block) Start(h *blocks.Host) error {
	b.Handlers = New(Deps{
		Kit: h.Kit, Tenants: h.Tenants, Grants: h.Grants, Flow: h.Logins, Notices: h.Notices, Changes: h.Changes,
		AmoBase: h.AmoBase, Stranger: h.Anonymous.Allow,
		Rules: b.rules, Links: b.links,
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

// Problems are the errors that agents may meet, the first match wins.
var Problems = []ui.Problem{
	{Is: store.ErrTrouble, Code: "store", Status: http.StatusOK, Retry: true}, // before the deadlines: it may hold one
	{Is: crm.ErrGone, Code: "gone", Status: http.StatusNotFound},
	{Is: crm.ErrNoClient, Code: "no_client", Status: http.StatusUnprocessableEntity},
	{Is: crm.ErrUnknownOutcome, Code: "unknown_outcome", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrUnknownOutcome, Code: "unknown_outcome", Status: http.StatusOK, Retry: true},
	{Is: session.ErrBusy, Code: "busy", Status: http.StatusConflict, Retry: true},
	{Is: session.ErrExpired, Code: "form_expired", Status: http.StatusConflict, Retry: true},
	{Is: amoapi.ErrBlocked, Code: "blocked", Status: http.StatusOK, Retry: true},
	{Is: crm.ErrResting, Code: "resting", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrPayment, Code: "payment", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrForbidden, Code: "forbidden", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrLimited, Code: "limited", Status: http.StatusOK, Retry: true},
	{Is: context.DeadlineExceeded, Code: "slow", Status: http.StatusOK, Retry: true},
	{Is: oauth.ErrRefused, Code: "sign_in", Status: http.StatusOK, Retry: true}, // before ErrUpstream, which it also is
	{Is: amoapi.ErrUnauthorized, Code: "sign_in", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrUpstream, Code: "upstream", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrNetwork, Code: "upstream", Status: http.StatusOK, Retry: true},
	{Is: tenant.ErrNotFound, Code: "no_tenant", Status: http.StatusOK},
}
