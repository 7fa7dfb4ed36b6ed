package signin

import (
	"context"
	"embed"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/oauth"
)

// Templates are those of the login's pages.
//
//go:embed templates/*.html
var Templates embed.FS

// maxShown is how much of a foreign name an error shows, in characters.
const maxShown = 80

// Grants reports whether a tenant is logged in; *login.Grants is it.
type Grants interface {
	Status(ctx context.Context, tenantID string) (oauth.Status, error)
}

// Flow is the login to amoCRM; *login.Flow is it.
type Flow interface {
	Start(ctx context.Context, tenantID, sessionID, lang string) (login.Start, error)
	StartDisconnect(ctx context.Context, tenantID, sessionID, lang string) (login.Start, error)
	Secrets(ctx context.Context, clientID, clientSecret, state string) error
	Finish(ctx context.Context, c login.Callback) (login.Result, error)
	Decide(ctx context.Context, ticket string, replace bool) (login.Result, error)
	Disconnected(ctx context.Context, accountID, clientID, signature string) error
}

var (
	_ Grants = (*login.Grants)(nil)
	_ Flow   = (*login.Flow)(nil)
)

// Deps is what the login's pages work with. All are needed except Waiting.
type Deps struct {
	*ui.Kit
	Grants Grants
	Flow   Flow
	// Open takes over what the company of a session has chosen.
	Open func(*ui.PageRequest) error
	// Waiting counts the deals of rules that wait for a login; nil shows none.
	Waiting func(ctx context.Context, tenantID string) (int, error)
}

// Handlers serve the login's pages.
type Handlers struct{ Deps }

// New returns the handlers. From then on the kit shows the login on every page on which one is missing.
func New(d Deps) *Handlers {
	h := &Handlers{d}
	h.Handle(oauth.ErrNeedsLogin, h.missing)
	return h
}

// Mount names the addresses of the login.
func (h *Handlers) Mount(r *route.Router) {
	r.Panel().Limited().GET("/login", h.withTenant(h.begin))
	r.Panel().GET("/state", h.withTenant(h.poll))
	r.Panel().Limited().GET("/disconnect", h.withTenant(h.disconnect))
	r.Public().Limited().GET("/oauth/callback", h.callback)
	r.Public().Limited().POST("/oauth/decide", h.decide)
	r.Webhook().Limited().POST("/oauth/secrets", h.secrets)
	r.Webhook().Limited().GET("/oauth/disconnected", h.disconnected)
}

// withTenant takes over what the company of a session has chosen.
func (h *Handlers) withTenant(next func(*ui.PageRequest) error) echo.HandlerFunc {
	return h.WithSession(func(r *ui.PageRequest) error {
		if err := h.Open(r); err != nil {
			return r.Fail(err, r.Base())
		}
		return next(r)
	})
}
