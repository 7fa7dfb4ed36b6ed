package amocrm

import (
	"errors"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/runes"
)

// loginCode sorts a failed login for a person; each code has texts login_failed.{code}.title and .text.
func loginCode(err error) string {
	var config *oauth.ConfigError
	switch {
	case errors.Is(err, oauth.ErrDenied):
		return "denied"
	case errors.Is(err, oauth.ErrState), errors.Is(err, oauth.ErrTicket), errors.Is(err, oauth.ErrCode):
		return "state"
	case errors.Is(err, oauth.ErrSecrets):
		return "secrets"
	case len(loginArgs(err)) > 0:
		return "account"
	case errors.As(err, &config): // before ErrUpstream, which it also is
		return "config"
	case errors.Is(err, amoapi.ErrUpstream), errors.Is(err, amoapi.ErrNetwork), errors.Is(err, amoapi.ErrLimited),
		errors.Is(err, amoapi.ErrUnknownOutcome):
		return "upstream"
	}
	return "internal"
}

// loginArgs are the placeholders of those texts: which account was meant and which came.
func loginArgs(err error) []any {
	var referer oauth.ErrReferer
	var account oauth.ErrAccount
	switch {
	case errors.As(err, &referer):
		return []any{"Got", runes.Shorten(referer.Got, maxShown), "Want", referer.Want}
	case errors.As(err, &account):
		return []any{"Got", runes.Shorten(account.Got, maxShown), "Want", account.Want}
	}
	return nil
}
