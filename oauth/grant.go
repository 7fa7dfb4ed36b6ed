package oauth

import (
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/oauth2"
)

// GrantSchema is the form in which grants are stored.
const GrantSchema = 1

// Grant is one tenant's right to act in one account of a provider. It is stored sealed. Generation grows by one with every stored
// change and is what a write compares.
type Grant struct {
	V              int       `json:"v"`
	Generation     int64     `json:"-"`        // stored beside the sealed value, which is bound to it
	Base           string    `json:"amo_base"` // the account's address; the name is that of the first provider
	ClientID       string    `json:"client_id"`
	ClientSecret   string    `json:"client_secret"`
	RedirectURI    string    `json:"redirect_uri"`
	Access         string    `json:"access"`
	Refresh        string    `json:"refresh"`    // single-use; empty for a long-lived token
	ExpiresAt      time.Time `json:"expires_at"` // of Access; zero when unknown
	GrantedAt      time.Time `json:"granted_at"` // of the login
	RefreshedAt    time.Time `json:"refreshed_at"`
	AfterRejection bool      `json:"after_rejection"`   // this pair was asked for because the one before had been refused
	Rejected       refusals  `json:"rejected,omitzero"` // pairs in a row that were asked for because of that
	AccountID      int64     `json:"account_id"`
	AccountName    string    `json:"account_name"`
	UserID         int64     `json:"user_id"` // who logged in, 0 when unknown
	LostAt         time.Time `json:"lost_at"` // zero while alive
	LostWhy        string    `json:"lost_why"`

	refusals refusals // of this pair; stored beside the sealed value
}

// String keeps tokens out of messages.
func (g Grant) String() string {
	return fmt.Sprintf("grant of account %d at %s, generation %d", g.AccountID, g.Base, g.Generation)
}

// GoString is String: %#v must not print tokens either.
func (g Grant) GoString() string { return g.String() }

// LogValue is String for slog.
func (g Grant) LogValue() slog.Value { return slog.StringValue(g.String()) }

// Lost reports whether the provider takes its tokens no longer.
func (g Grant) Lost() bool { return !g.LostAt.IsZero() }

func (g Grant) expired(now time.Time) bool {
	return !g.ExpiresAt.IsZero() && !now.Before(g.ExpiresAt)
}

// refreshAhead is how long before its end a token is changed; tokens of a short life get a 24th of it.
const refreshAhead = 15 * time.Minute

// due reports whether it is time for a new pair.
func (g Grant) due(now time.Time) bool {
	if g.ExpiresAt.IsZero() {
		return false
	}
	ahead := min(refreshAhead, g.ExpiresAt.Sub(g.RefreshedAt)/24)
	return !now.Before(g.ExpiresAt.Add(-ahead))
}

// With returns the grant with a new pair.
func (g Grant) With(pair *oauth2.Token, now time.Time) Grant {
	g.Access, g.Refresh, g.ExpiresAt, g.RefreshedAt = pair.AccessToken, pair.RefreshToken, pair.Expiry, now
	return g
}

// freshUntil is until when a refusal of the access token says nothing about it alone: it was issued because the one before
// had been refused, so a third one would fare no better.
func (g Grant) freshUntil() time.Time {
	if !g.AfterRejection {
		return time.Time{}
	}
	return g.RefreshedAt.Add(waitAfter(g.Rejected.Tries))
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
	UserID      int64         // who logged in, by the provider's id; 0 when unknown
	Refused     *RefusedError // refused without a word that it has ended; else nil
}
