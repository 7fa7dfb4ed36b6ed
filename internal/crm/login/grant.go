package login

import (
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/oauth2"

	"github.com/sidecard/sidecard/connector/amocrm"
)

const grantSchema = 1

// Grant is one tenant's right to act in one amoCRM account. It is stored sealed. Generation grows by one with every stored
// change and is what a write compares.
type Grant struct {
	V              int       `json:"v"`
	Generation     int64     `json:"-"` // stored beside the sealed value, which is bound to it
	AmoBase        string    `json:"amo_base"`
	ClientID       string    `json:"client_id"`
	ClientSecret   string    `json:"client_secret"`
	RedirectURI    string    `json:"redirect_uri"`
	Access         string    `json:"access"`
	Refresh        string    `json:"refresh"`    // single-use; empty for a long-lived token
	ExpiresAt      time.Time `json:"expires_at"` // of Access; zero when unknown
	GrantedAt      time.Time `json:"granted_at"` // of the login
	RefreshedAt    time.Time `json:"refreshed_at"`
	AfterRejection bool      `json:"after_rejection"`   // this pair was asked for because amoCRM had refused the one before
	Rejected       refusals  `json:"rejected,omitzero"` // pairs in a row that were asked for because of that
	AccountID      int64     `json:"account_id"`
	AccountName    string    `json:"account_name"`
	UserID         int64     `json:"user_id"` // who logged in, 0 when unknown
	LostAt         time.Time `json:"lost_at"` // zero while alive
	LostWhy        string    `json:"lost_why"`

	refusals refusals // of this pair; stored beside the sealed value
}

// Token gives the access token in x/oauth2's type. The refresh token stays inside: it is single-use and only Grants may
// spend it.
func (g Grant) Token() *oauth2.Token {
	return &oauth2.Token{AccessToken: g.Access, TokenType: "Bearer", Expiry: g.ExpiresAt}
}

// String keeps tokens out of messages.
func (g Grant) String() string {
	return fmt.Sprintf("grant of account %d at %s, generation %d", g.AccountID, g.AmoBase, g.Generation)
}

// GoString is String: %#v must not print tokens either.
func (g Grant) GoString() string { return g.String() }

// LogValue is String for slog.
func (g Grant) LogValue() slog.Value { return slog.StringValue(g.String()) }

// lost is the error of a grant that is not alive, else nil.
func (g Grant) lost() error {
	if g.LostAt.IsZero() {
		return nil
	}
	return ErrGrantLost{Since: g.LostAt, Why: g.LostWhy}
}

func (g Grant) expired(now time.Time) bool {
	return !g.ExpiresAt.IsZero() && !now.Before(g.ExpiresAt)
}

// refreshAhead is how long before its end a token is changed; tokens of a short life get a 24th of it.
const refreshAhead = 15 * time.Minute

// due says whether it is time for a new pair.
func (g Grant) due(now time.Time) bool {
	if g.ExpiresAt.IsZero() {
		return false
	}
	ahead := min(refreshAhead, g.ExpiresAt.Sub(g.RefreshedAt)/24)
	return !now.Before(g.ExpiresAt.Add(-ahead))
}

// with returns the grant with a new pair.
func (g Grant) with(pair *oauth2.Token, now time.Time) Grant {
	g.Access, g.Refresh, g.ExpiresAt, g.RefreshedAt = pair.AccessToken, pair.RefreshToken, pair.Expiry, now
	return g
}

// fromPair turns the connector's pair into x/oauth2's type; asked is when the request for it was made.
func fromPair(p amocrm.TokenPair, asked time.Time) *oauth2.Token {
	return &oauth2.Token{AccessToken: p.Access, RefreshToken: p.Refresh, TokenType: "Bearer",
		Expiry: asked.Add(time.Duration(p.ExpiresIn) * time.Second).UTC(), ExpiresIn: int64(p.ExpiresIn)}
}
