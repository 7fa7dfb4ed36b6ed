package login

import (
	"errors"
	"fmt"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/oauth"
)

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
