package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"
)

// Provider is an outside system that issues grants, as far as keeping them alive needs it.
type Provider interface {
	// Refresh exchanges the refresh token of g for a new pair. After an error the pair may have been changed nevertheless.
	Refresh(ctx context.Context, tenantID string, g Grant) (*oauth2.Token, error)
	// Classify reports what an error of Refresh means.
	Classify(err error) Refusal
}

// Follower is a Provider whose accounts may move to another address.
type Follower interface {
	// Home returns where the account of g lives now, or "" when the refusal stands. refusal is that of Refresh; nil: the provider
	// refuses access tokens that it has just issued. An error means that this is not known.
	Home(ctx context.Context, tenantID string, g Grant, refusal error) (base string, err error)
	// Move records the account's new address, before the grant is stored with it.
	Move(ctx context.Context, tenantID, base string) error
	// Moved is called when the grant is stored with it. A refresh waits for it; it must not ask for a token.
	Moved(ctx context.Context, tenantID string)
}

// Refusal is what an error of a refresh means.
type Refusal struct {
	Kind RefusalKind
	Why  string // for people, without secrets
	Err  error  // what the caller's error has to match besides ErrUpstream, for Unavailable; may be nil
}

// RefusalKind tells refusals apart by what follows from them.
type RefusalKind int

const (
	Unavailable   RefusalKind = iota // no answer, or none that says anything about the grant: it stays
	Ended                            // the provider says that the grant is no more
	Unexplained                      // the provider refuses it without saying that it has ended
	Misconfigured                    // the operator must mend the integration's configuration
)

var (
	// ErrNeedsLogin matches every error that only a person's login can mend.
	ErrNeedsLogin = errors.New("oauth: a login is needed")
	// ErrNoGrant means that the tenant has never been connected.
	ErrNoGrant error = noGrant{}
	// ErrUpstream matches refreshes that failed on the provider's side or with an unknown outcome; the grant stays and a later
	// try may succeed.
	ErrUpstream = errors.New("oauth: the provider is not available")
	// ErrRefused matches refusals in which the provider does not say that the login has ended.
	ErrRefused = errors.New("oauth: the login is refused for now")
	// ErrState means that a login was not started here within the last 15 minutes, or is already used.
	ErrState = errors.New("oauth: this login is unknown, used or too old")
)

type noGrant struct{}

func (noGrant) Error() string        { return "oauth: not connected yet" }
func (noGrant) Is(target error) bool { return target == ErrNeedsLogin }

// ErrGrantLost means that the provider takes the tenant's tokens no longer.
type ErrGrantLost struct {
	Provider string
	Since    time.Time
	Why      string
}

func (e ErrGrantLost) Error() string {
	return fmt.Sprintf("oauth: the login to %s is lost since %s: %s", e.Provider, e.Since.UTC().Format(time.RFC3339), e.Why)
}

// Is makes a lost grant match ErrNeedsLogin.
func (e ErrGrantLost) Is(target error) bool { return target == ErrNeedsLogin }

// RefusedError is a refusal that does not say that the login has ended. The grant stays and is tried again. It matches
// ErrRefused and ErrUpstream: callers that know nothing better wait.
type RefusedError struct {
	Provider string
	Since    time.Time // of the first refusal in a row
	Next     time.Time // before which nothing is tried
	Why      string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("oauth: %s refuses the login since %s without saying that it has ended (%s), next try after %s",
		e.Provider, e.Since.UTC().Format(time.RFC3339), e.Why, e.Next.UTC().Format(time.RFC3339))
}

// Is makes it match ErrRefused and ErrUpstream.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused || target == ErrUpstream }

// ConfigError is a refusal that the operator must mend: a wrong client id, secret or redirect URI, or a host that belongs to
// another account. The grant stays. It matches ErrUpstream.
type ConfigError struct{ Provider, Hint string }

func (e *ConfigError) Error() string {
	return "oauth: " + e.Provider + " refuses the integration's configuration: " + e.Hint
}

// Is makes it match ErrUpstream.
func (e *ConfigError) Is(target error) bool { return target == ErrUpstream }
