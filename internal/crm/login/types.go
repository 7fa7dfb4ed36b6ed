package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/oauth"
)

// Config is what the operator sets. Without ClientID logins use amoCRM's button, which makes a private integration per
// account (amocrm.md §1.9).
type Config struct {
	ClientID       string
	ClientSecret   string
	PublicURL      string                // "https://sidecard.example.com", no path: amoCRM's redirects come back under it
	Hosts          *amocrm.Hosts         // hosts that a secret may be sent to
	Metrics        prometheus.Registerer // may be nil
	LongLivedToken string                // amocrm.md §1.8, for single-tenant installs; see Flow.InstallLongLived
	Hooks          Hooks

	now       func() time.Time // of tests
	storeTime time.Duration
}

// Hooks are called when a tenant's login changes. Who causes it waits, at most ten seconds; each may be nil.
type Hooks struct {
	// Connected follows a login whose grant is stored: to release what waits and to drop what was cached.
	Connected func(ctx context.Context, tenantID string)
	// Ending precedes a person's disconnecting, which wipes the tokens: what must be undone in amoCRM can be undone while they
	// still work.
	Ending func(ctx context.Context, tenantID string)
	// Moved follows the move of an account to another address, when tenant and grant are stored there: to drop what was cached.
	// It must not ask for a token.
	Moved func(ctx context.Context, tenantID string)
}

// call calls one of the hooks for at most ten seconds.
func call(hook func(ctx context.Context, tenantID string), ctx context.Context, tenantID string) {
	if hook == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	hook(ctx, tenantID)
}

// Start is a login that has begun: either a page to go to or a button to show.
type Start struct {
	State   string  // goes to amoCRM and comes back once
	Binding string  // value of the cookie that ties State to this browser
	URL     string  // authorise page; empty when Button is set
	Button  *Button // amoCRM's own button; nil when URL is set
}

// Button holds the attributes of amoCRM's login button with metadata (amocrm.md §1.9).
type Button struct {
	ScriptURL   string
	Name        string
	Description string
	RedirectURI string
	SecretsURI  string
	Scopes      string // comma-separated
	State       string
	Class       string // "amocrm_oauth" or "kommo_oauth"
}

// Callback is the query of amoCRM's redirect (amocrm.md §1.2) plus the browser's cookie.
type Callback struct {
	Code     string
	Referer  string // the parameter, not the header
	State    string
	ClientID string
	Platform string
	Error    string
	Binding  string
}

// Result is where a login ended. On an error it still carries what is known, so that the page can speak the reader's
// language.
type Result struct {
	TenantID    string
	SessionID   string
	Lang        string
	AccountName string
	Conflict    *Conflict // the login waits for Decide
	Ended       bool      // the login was made to end the connection, and has
	Carried     int       // waiting firings that were taken along to TenantID
}

// Conflict means that the amoCRM account is already connected with another credential.
type Conflict struct {
	Ticket string // one-time, 15 min
	Others int    // how many tenants hold the account now
}

// Errors of a login, besides oauth.ErrState.
var (
	// ErrDenied means that the person refused access.
	ErrDenied = errors.New("login: access was denied in amoCRM")
	// ErrSecrets means that amoCRM has not sent the keys of the integration that its button made.
	ErrSecrets = errors.New("login: the new integration's keys have not arrived")
	// ErrCode means that amoCRM does not take the authorisation code (any more).
	ErrCode = errors.New("login: the authorisation code is not accepted")
	// ErrTicket means that the decision about a conflict comes too late or a second time.
	ErrTicket = errors.New("login: this decision is already taken or too old")
	// ErrSignature means that a disconnect hook is not from amoCRM.
	ErrSignature = errors.New("login: the disconnect hook's signature is wrong")
)

// ErrReferer means that access was granted in another account than the tenant's, or that somebody plays with the callback.
// Nothing was sent anywhere. Got, which anybody can write, is for the page and not in the error's text.
type ErrReferer struct{ Got, Want string }

func (e ErrReferer) Error() string {
	return fmt.Sprintf("login: access was granted by another host than %q", e.Want)
}

// ErrAccount means that the account behind the new token is not the one that was asked for. The token is thrown away.
type ErrAccount struct{ Got, Want string }

func (e ErrAccount) Error() string {
	return fmt.Sprintf("login: the token belongs to account %s, wanted %s", e.Got, e.Want)
}

// waiting is an error of a refresh that matches oauth.ErrUpstream: for those who ask amoCRM something it is amoCRM's.
type waiting struct{ error }

func (w waiting) Is(target error) bool { return target == amocrm.ErrUpstream }
func (w waiting) Unwrap() error        { return w.error }

// upstream makes an error that matches oauth.ErrUpstream match the connector's, too, so that callers need to know one only.
func upstream(err error) error {
	if errors.Is(err, oauth.ErrUpstream) && !errors.Is(err, amocrm.ErrUpstream) {
		return waiting{err}
	}
	return err
}
