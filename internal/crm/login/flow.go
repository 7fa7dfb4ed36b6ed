package login

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// loginTime is how long a person may take in amoCRM, and for the decision about a conflict.
const loginTime = 15 * time.Minute

func (c Config) redirectURI() string { return strings.TrimSuffix(c.PublicURL, "/") + "/oauth/callback" }
func (c Config) secretsURI() string  { return strings.TrimSuffix(c.PublicURL, "/") + "/oauth/secrets" }

// Flow runs logins: Start, amoCRM's page or button, Finish, and Decide when the account is already connected.
type Flow struct {
	states oauth.OneTime
	cfg    *Config
	dir    *tenant.Directory
	grants *Grants
	log    *slog.Logger
	carry  Carry
}

// Carry takes along what must not get lost of a tenant that was never connected and goes because its credential is another
// tenant's from now on. It is called before and after that and, after an error, again; it returns how much it took along.
type Carry func(ctx context.Context, from, into string) (int, error)

// NewFlow returns the flow that stores what it gets in grants; carry may be nil.
func NewFlow(db *store.DB, dir *tenant.Directory, grants *Grants, carry Carry) *Flow {
	if carry == nil {
		carry = func(context.Context, string, string) (int, error) { return 0, nil }
	}
	return &Flow{states: oauth.NewOneTime(db, loginTime), cfg: &grants.amo.cfg, dir: dir, grants: grants, log: grants.amo.log, carry: carry}
}

// login is what Finish must know of Start. It is stored sealed under a digest of the state.
type login struct {
	oauth.Form
	TenantID  string `json:"tenant"`
	SessionID string `json:"session"`
	Lang      string `json:"lang"`
	Binding   string `json:"binding"`
	Button    bool   `json:"button"`         // the integration is still to be made
	Ends      bool   `json:"ends,omitempty"` // it only proves who ends the connection
}

// secrets are the keys of an integration that amoCRM's button has made.
type secrets struct {
	oauth.Form
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// Start begins a login of a tenant. Binding must become an HttpOnly, SameSite=Lax cookie of the page that leads to amoCRM,
// so that only the browser that started the login can finish it.
func (f *Flow) Start(ctx context.Context, tenantID, sessionID, lang string) (Start, error) {
	s, err := f.start(ctx, login{TenantID: tenantID, SessionID: sessionID, Lang: lang})
	return s, store.Wrap("start login", err)
}

// start begins a login through the configured integration or, when it is made to end a connection, through that of the present one.
func (f *Flow) start(ctx context.Context, l login) (s Start, err error) {
	t, err := f.dir.Get(ctx, l.TenantID)
	if err != nil {
		return s, err
	}
	client := f.cfg.ClientID
	if l.Ends {
		grant, err := f.grants.Grant(ctx, l.TenantID)
		if err != nil {
			return s, err
		}
		client = cmp.Or(grant.ClientID, client) // a long-lived token names no integration
	}
	s = Start{State: rand.Text(), Binding: rand.Text()}
	l.Binding, l.Button = s.Binding, client == ""
	if err := f.states.Put(ctx, "login", s.State, &l); err != nil {
		return Start{}, err
	}
	if l.Button {
		s.Button = f.button(t.AmoBase, s.State)
	} else {
		// Without a documented mode for a plain redirect: post_message comes back in the same window (amocrm.md §1.1).
		s.URL = amocrm.AuthorizeURL(t.AmoBase, client, s.State, "post_message")
	}
	return s, nil
}

func (f *Flow) button(amoBase, state string) *Button {
	b := &Button{Name: "Sidecard", Description: "amoCRM in the helpdesk's ticket card", RedirectURI: f.cfg.redirectURI(),
		SecretsURI: f.cfg.secretsURI(), Scopes: "crm", State: state}
	switch host := tenant.Host(amoBase); {
	case strings.HasSuffix(host, ".amocrm.ru"):
		b.ScriptURL, b.Class = "https://www.amocrm.ru/auth/button.min.js", "amocrm_oauth"
	case strings.HasSuffix(host, ".kommo.com"), strings.HasSuffix(host, ".amocrm.com"):
		b.ScriptURL, b.Class = "https://www.kommo.com/auth/button.min.js", "kommo_oauth"
	default:
		b.ScriptURL, b.Class = amoBase+"/auth/button.min.js", "amocrm_oauth"
	}
	return b
}

// Secrets takes the hook that amoCRM sends before it redirects a person who used the button (amocrm.md §1.9). It carries no
// signature: only the state of a login under way makes it credible, and only the first one counts. Errors: oauth.ErrState.
func (f *Flow) Secrets(ctx context.Context, clientID, clientSecret, state string) error {
	if clientID == "" || clientSecret == "" || len(clientID) > 256 || len(clientSecret) > 1024 {
		return fmt.Errorf("%w: client id or secret is missing or too long", oauth.ErrState)
	}
	var l login
	if err := f.states.Peek(ctx, "login", state, &l); err != nil {
		return fmt.Errorf("take the integration's keys: %w", err)
	}
	if !l.Button {
		return fmt.Errorf("%w: no button was shown for it", oauth.ErrState)
	}
	first, err := f.states.PutFirst(ctx, "login-secrets", state, &secrets{ClientID: clientID, ClientSecret: clientSecret})
	if err != nil {
		return fmt.Errorf("take the integration's keys: %w", err)
	}
	if !first {
		f.log.InfoContext(ctx, "the integration's keys came a second time", "tenant", l.TenantID)
	}
	return nil
}

// WhyEnded is Status.Why of a connection that a person has ended.
const WhyEnded = "disconnected in the settings"

// StartDisconnect begins a login that ends the tenant's connection: who opens a ticket's card may not, a user of the
// amoCRM account may. It goes through the integration of the present connection. Errors: oauth.ErrNoGrant when there is none.
func (f *Flow) StartDisconnect(ctx context.Context, tenantID, sessionID, lang string) (Start, error) {
	s, err := f.start(ctx, login{TenantID: tenantID, SessionID: sessionID, Lang: lang, Ends: true})
	return s, store.Wrap("start disconnecting", err)
}

// end drops the connection. The tokens of the login that proved the right to do so are never stored.
func (f *Flow) end(ctx context.Context, tenantID string, proof oauth.Grant) error {
	call(f.cfg.Hooks.Ending, ctx, tenantID)
	if err := f.grants.Drop(ctx, tenantID, WhyEnded); err != nil {
		return fmt.Errorf("disconnect: %w", err)
	}
	f.log.InfoContext(ctx, "disconnected from amoCRM", "tenant", tenantID, "account", proof.AccountID, "user", proof.UserID)
	return nil
}
