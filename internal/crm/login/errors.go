package login

import (
	"errors"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// ErrNeedsLogin matches every error that only a person's login can mend.
var ErrNeedsLogin = errors.New("oauth: a login to amoCRM is needed")

// ErrNoGrant means that the tenant has never been connected.
var ErrNoGrant error = noGrant{}

type noGrant struct{}

func (noGrant) Error() string        { return "oauth: not connected to amoCRM yet" }
func (noGrant) Is(target error) bool { return target == ErrNeedsLogin }

// ErrGrantLost means that amoCRM takes the tenant's tokens no longer.
type ErrGrantLost struct {
	Since time.Time
	Why   string
}

func (e ErrGrantLost) Error() string {
	return "oauth: the login to amoCRM is lost since " + e.Since.UTC().Format(time.RFC3339) + ": " + e.Why
}

// Is makes a lost grant match ErrNeedsLogin.
func (e ErrGrantLost) Is(target error) bool { return target == ErrNeedsLogin }

// ErrUpstream matches refreshes that failed on amoCRM's side or with an unknown outcome; the grant stays and a later try may
// succeed. It is the connector's, so that callers need to know one only.
var ErrUpstream = amocrm.ErrUpstream

// ErrRefused matches refusals in which amoCRM does not say that the login has ended.
var ErrRefused = errors.New("oauth: amoCRM refuses the login for now")

// RefusedError is such a refusal. The grant stays and is tried again. It matches ErrRefused and ErrUpstream: who knows nothing
// better waits.
type RefusedError struct {
	Since time.Time // of the first refusal in a row
	Next  time.Time // before which nothing is tried
	Why   string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("oauth: amoCRM refuses the login since %s without saying that it has ended (%s), next try after %s",
		e.Since.UTC().Format(time.RFC3339), e.Why, e.Next.UTC().Format(time.RFC3339))
}

// Is makes it match ErrRefused and ErrUpstream.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused || target == ErrUpstream }

// ConfigError is a refusal that the operator must mend: a wrong client id, secret or redirect URI, or a host that belongs to
// another account. The grant stays. It matches ErrUpstream: who knows nothing better waits.
type ConfigError struct{ Hint string }

func (e *ConfigError) Error() string {
	return "oauth: amoCRM refuses the integration's configuration: " + e.Hint
}

// Is makes it match ErrUpstream.
func (e *ConfigError) Is(target error) bool { return target == ErrUpstream }

// Errors of a login.
var (
	// ErrState means that the login was not started here, by this browser, within the last 15 minutes, or is already used.
	ErrState = errors.New("oauth: this login is unknown, used or too old")
	// ErrDenied means that the person refused access.
	ErrDenied = errors.New("oauth: access was denied in amoCRM")
	// ErrSecrets means that amoCRM has not sent the keys of the integration that its button made.
	ErrSecrets = errors.New("oauth: the new integration's keys have not arrived")
	// ErrCode means that amoCRM does not take the authorisation code (any more).
	ErrCode = errors.New("oauth: the authorisation code is not accepted")
	// ErrTicket means that the decision about a conflict comes too late or a second time.
	ErrTicket = errors.New("oauth: this decision is already taken or too old")
	// ErrSignature means that a disconnect hook is not from amoCRM.
	ErrSignature = errors.New("oauth: the disconnect hook's signature is wrong")
)

// ErrReferer means that access was granted in another account than the tenant's, or that somebody plays with the callback.
// Nothing was sent anywhere. Got, which anybody can write, is for the page and not in the error's text.
type ErrReferer struct{ Got, Want string }

func (e ErrReferer) Error() string {
	return fmt.Sprintf("oauth: access was granted by another host than %q", e.Want)
}

// ErrAccount means that the account behind the new token is not the one that was asked for. The token is thrown away.
type ErrAccount struct{ Got, Want string }

func (e ErrAccount) Error() string {
	return fmt.Sprintf("oauth: the token belongs to account %s, wanted %s", e.Got, e.Want)
}
