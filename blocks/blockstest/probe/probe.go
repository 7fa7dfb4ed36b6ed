// Package probe is a block that shows what a block may bring: a setting with a secret, a route of each class, a job kind, a visit of
// each tenant and texts. It is for tests; no service has it in its list.
package probe

import (
	"context"
	"crypto/subtle"
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/ledger/dispatch"
	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/problem"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

const name = "probe"

// Config is what the operator decides.
type Config struct {
	Token string `name:"probe-token" env:"SIDECARD_PROBE_TOKEN" help:"Key of programs."`
}

// Check implements blocks.Config.
func (c *Config) Check() []error {
	if len(c.Token) < 8 {
		return []error{errors.New("SIDECARD_PROBE_TOKEN: is too short, expected at least 8 characters")}
	}
	return nil
}

// Settings are those of a tenant.
type Settings struct {
	Greeting string `json:"greeting,omitempty"`
	Secret   string `json:"secret,omitempty" secret:"true"`
}

var section = tenant.NewSection[Settings](name)

// Request is what a job is asked for.
type Request struct{ ClientID, TicketID int64 }

// Steps is what has been done of a job.
type Steps struct{ Handled bool }

// Job is one of the block's.
type Job = ledger.Job[Request, Steps, string]

// Block is the block.
type Block struct {
	config Config
	host   *blocks.Host
	ledger *ledger.Ledger[Request, Steps, string]
	queue  *dispatch.Dispatcher[Request, Steps, string]
}

// New returns the block with the token of its programs.
func New(token string) *Block { return &Block{config: Config{Token: token}} }

//go:embed locales/active.*.json
var texts embed.FS

//go:embed templates/*.html
var templates embed.FS

// Name implements blocks.Block.
func (*Block) Name() string { return name }

// Config implements blocks.Configured.
func (b *Block) Config() blocks.Config { return &b.config }

// Texts implements blocks.Worded.
func (*Block) Texts() fs.FS { return texts }

// Pages implements blocks.Paged.
func (*Block) Pages() blocks.Pages {
	return blocks.Pages{Templates: []fs.FS{templates}, Sections: []ui.Link{{Path: "/" + name, Icon: "check", Text: "probe.link"}}}
}

// Section implements blocks.Sectioned.
func (*Block) Section() privacy.Section { return section }

// Start implements blocks.Block.
func (b *Block) Start(h *blocks.Host) error {
	b.host = h
	b.ledger = ledger.New[Request, Steps, string](h.DB, ledger.Kind[Request, Steps]{
		Name:    name,
		Order:   func(r Request) string { return strconv.FormatInt(r.TicketID, 10) },
		Objects: func(Steps) []string { return nil },
		Lease:   30 * time.Second, RepeatFor: time.Hour, KeepDone: time.Hour, KeepFailed: time.Hour, KeepObjects: time.Hour, MaxBatch: 10,
		MaxWaiting: 100, MaxFinished: 100, MaxRefused: 10, MaxRecent: 10, MaxRepeats: 100, RepeatsFor: time.Hour,
	})
	b.queue = dispatch.New(dispatch.Config[Request, Steps, string]{DB: h.DB, Ledger: b.ledger, Name: name, Each: h.Tenants.Each, Handle: b.handle, Log: h.Log})
	return nil
}

// Mount implements blocks.Mounter.
func (b *Block) Mount(r *route.Router) {
	r.Public().GET("/probe/hello", func(c echo.Context) error {
		return c.String(http.StatusOK, b.host.Catalog.T(i18n.Lang(c.QueryParam("lang")), "probe.hello"))
	})
	r.Panel().GET("/probe", b.host.Kit.WithSession(b.page))
	r.Webhook().POST("/hooks/probe/:tenant/:secret", b.webhook)
	r.Machine().POST("/api/probe/:tenant", b.machine)
}

// page shows the tenant's greeting.
func (b *Block) page(r *ui.PageRequest) error {
	t, err := b.host.Tenants.Get(r.Ctx, r.Session.TenantID)
	if err != nil {
		return r.Fail(err, r.Base())
	}
	r.For(t, func(context.Context) (country, timezone string, err error) { return "RU", "UTC", nil })
	return r.Show(http.StatusOK, "probe", section.Of(t))
}

// webhook begins a job for who knows the tenant's secret.
func (b *Block) webhook(c echo.Context) error {
	t, err := b.host.Tenants.Get(c.Request().Context(), c.Param("tenant"))
	if err != nil || subtle.ConstantTimeCompare([]byte(section.Of(t).Secret), []byte(c.Param("secret"))) != 1 {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	return b.begin(c, t.ID, http.StatusNoContent)
}

// machine begins a job for a program.
func (b *Block) machine(c echo.Context) error {
	if c.Request().Header.Get(echo.HeaderAuthorization) != "Bearer "+b.config.Token {
		return problem.Answer(c, http.StatusUnauthorized, "The key is wrong")
	}
	return b.begin(c, c.Param("tenant"), http.StatusAccepted)
}

func (b *Block) begin(c echo.Context, tenantID string, status int) error {
	r := Request{ClientID: ui.Number(c.QueryParam("client")), TicketID: ui.Number(c.QueryParam("ticket"))}
	if err := b.Keep(c.Request().Context(), tenantID, r); err != nil {
		return err
	}
	return c.NoContent(status)
}

// Keep stores a job.
func (b *Block) Keep(ctx context.Context, tenantID string, r Request) error {
	_, _, err := b.queue.Accept(ctx, tenantID, ledger.Offer[Request, Steps, string]{Request: r})
	return err
}

// handle ends each job as done.
func (b *Block) handle(_, work context.Context, _ string, batch ledger.Batch[Request, Steps, string], _ time.Time) time.Duration {
	for _, j := range batch.Jobs {
		j.Steps.Handled = true
		if err := b.ledger.Finish(work, j, ledger.Outcome[string]{State: ledger.StateDone}); err != nil {
			b.host.Log.Error("finish job", "error", err)
		}
	}
	return 0
}

// Run implements blocks.Runner.
func (b *Block) Run(ctx context.Context) error { return b.queue.Run(ctx) }

// Every implements blocks.Periodic.
func (*Block) Every() time.Duration { return time.Second }

// Visit implements blocks.Periodic: it counts.
func (b *Block) Visit(ctx context.Context, tenantID string) error {
	return b.host.DB.Incr(ctx, store.Key(tenantID, name, "visits")).Err()
}

// Visits returns how many there were.
func (b *Block) Visits(ctx context.Context, tenantID string) (int, error) {
	return b.host.DB.Get(ctx, store.Key(tenantID, name, "visits")).Int()
}

// Resume implements blocks.Waiter.
func (b *Block) Resume(ctx context.Context, tenantID string) (int, error) {
	return b.queue.Resume(ctx, tenantID)
}

// Move implements blocks.Waiter.
func (b *Block) Move(ctx context.Context, from, into string) (int, error) {
	return b.ledger.Move(ctx, from, into, func(Request) (string, error) { return "", nil })
}

// Choose stores a tenant's settings.
func (b *Block) Choose(ctx context.Context, tenantID string, s Settings) error {
	_, err := b.host.Tenants.Update(ctx, tenantID, func(t *tenant.Tenant) error { return section.Put(t, s) })
	return err
}

// Keys implements blocks.Keeper.
func (*Block) Keys() []string { return []string{name} }

// Recognise implements blocks.Keeper.
func (b *Block) Recognise(ctx context.Context, s privacy.Subject) error {
	found, err := b.jobs(ctx, s.TenantID, s.ClientID)
	for _, j := range found {
		s.HasTicket(j.Request.TicketID)
	}
	return err
}

// OfPerson implements blocks.Keeper.
func (b *Block) OfPerson(ctx context.Context, s privacy.Subject) (privacy.Part, error) {
	found, err := b.jobs(ctx, s.TenantID, s.ClientID)
	return privacy.Part{Name: name, Value: found, Count: len(found),
		Erase: func(ctx context.Context) (int, error) { return b.ledger.Erase(ctx, s.TenantID, found) }}, err
}

// OfTenant implements blocks.Keeper.
func (b *Block) OfTenant(ctx context.Context, tenantID string) (privacy.Part, error) {
	found, err := b.jobs(ctx, tenantID, 0)
	return privacy.Part{Name: name, Value: found, Count: len(found)}, err
}

// jobs returns those of a client, 0 for all.
func (b *Block) jobs(ctx context.Context, tenantID string, clientID int64) (found []Job, err error) {
	err = b.ledger.Visit(ctx, tenantID, func(j Job) error {
		if clientID == 0 || j.Request.ClientID == clientID {
			found = append(found, j)
		}
		return nil
	})
	return found, err
}
