package login

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/connector/amocrm"
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
}

// Status is what may be shown about a tenant's login.
type Status struct {
	State       string    // "none", "connected" or "lost"
	Since       time.Time // of the login, or of its loss
	Why         string    // of the loss, in English
	AccountID   int64
	AccountName string
	ExpiresAt   time.Time // of the access token
	RefreshedAt time.Time
	UserID      int64         // amoCRM user who logged in, 0 when unknown
	Refused     *RefusedError // amoCRM refuses the login without saying that it has ended; nil when it does not
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

// Conflict says that the amoCRM account is already connected with another credential.
type Conflict struct {
	Ticket string // one-time, 15 min
	Others int    // how many tenants hold the account now
}
