// Package blocks holds the contract between the service and its blocks: what a block gives (Block and the capabilities beside it),
// what it gets (Host), and how the service works with all of them (Set).
//
// It refuses to know any block: the list is in cmd/sidecard, and blocks that need each other are joined there.
//
// Invariants: no two blocks have one name; a block is started before anything of it is mounted, run or visited, and its failed start
// stops the service.
package blocks

import (
	"context"
	"io/fs"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/crm/webhooks"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/ratelimit"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Block is one feature of the service. What else it brings are capabilities, the interfaces below, which are found by type
// assertion.
type Block interface {
	// Name returns the block's own name. Its texts, its pages, its keys in Redis and its section of a tenant begin with it.
	Name() string
	// Start makes the block ready. Before it, Config, Texts and Pages are asked for, and nothing else.
	Start(h *Host) error
}

// Host is what a block gets: the ground that all blocks stand on.
type Host struct {
	DB        *store.DB
	Tenants   *tenant.Directory
	Accounts  *crm.Accounts // of amoCRM
	Grants    *login.Grants // of amoCRM
	Logins    *login.Flow
	AmoBase   func(typed string) (string, error) // brings an account's address as people type it to its one form
	Changes   *webhooks.Hub                      // what changes in amoCRM
	Notices   *notify.Sender
	Kit       *ui.Kit // of the pages of an opened card
	Catalog   *i18n.Catalog
	PublicURL string
	Anonymous *ratelimit.Anonymous // bounds callers without a key
	Metrics   prometheus.Registerer
	Log       *slog.Logger
}

// Config is the part of the service's configuration that is a block's: a pointer to a struct whose fields have kong's tags. Each has
// an environment variable and a row in README.
type Config interface {
	// Check returns all mistakes, each with the variable's name and what is expected.
	Check() []error
}

// Configured is a block with a part in the configuration.
type Configured interface{ Config() Config }

// Worded is a block with texts: locales/active.<language>.json for each language.
type Worded interface{ Texts() fs.FS }

// Paged is a block with pages in an opened card.
type Paged interface{ Pages() Pages }

// Pages are a block's share in the pages of an opened card.
type Pages struct {
	Templates []fs.FS      // templates/*.html each
	Problems  []ui.Problem // that only these pages show
	Sections  []ui.Link    // tabs beside the client's
}

// Mounter is a block with routes.
type Mounter = route.Mounter

// Sectioned is a block with settings of each tenant, kept as a sealed section (tenant.Section).
type Sectioned interface{ Section() privacy.Section }

// Keeper is a block that keeps something of persons or tenants.
type Keeper = privacy.Keeper

// Waiter is a block with work that waits for a login to amoCRM.
type Waiter interface {
	// Resume makes a tenant's waiting work due, after a login, and returns how much.
	Resume(ctx context.Context, tenantID string) (int, error)
	// Move takes along the work of a tenant that was never connected and goes (login.Carry).
	Move(ctx context.Context, from, into string) (int, error)
}

// Periodic is a block that looks after each connected tenant again and again, shared with the other replicas.
type Periodic interface {
	Every() time.Duration
	// Visit looks after one tenant, for at most visitWithin.
	Visit(ctx context.Context, tenantID string) error
}

// Runner is a block that works until ctx ends.
type Runner interface {
	Run(ctx context.Context) error
}

// Closer is a block that waits for what outlives its requests.
type Closer interface{ Close() }
