package signin

import (
	"errors"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/oauth"
)

// loginCode sorts a failed login for a person; each code has texts login_failed.{code}.title and .text.
func loginCode(err error) string {
	var config *oauth.ConfigError
	switch {
	case errors.Is(err, login.ErrDenied):
		return "denied"
	case errors.Is(err, oauth.ErrState), errors.Is(err, login.ErrTicket), errors.Is(err, login.ErrCode):
		return "state"
	case errors.Is(err, login.ErrSecrets):
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

// loginArgs returns the placeholders of those texts: which account was meant and which came.
func loginArgs(err error) []any {
	var referer login.ErrReferer
	var account login.ErrAccount
	switch {
	case errors.As(err, &referer):
		return []any{"Got", runes.Shorten(referer.Got, maxShown), "Want", referer.Want}
	case errors.As(err, &account):
		return []any{"Got", runes.Shorten(account.Got, maxShown), "Want", account.Want}
	}
	return nil
}
