package login

import (
	"context"
	"errors"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/oauth"
)

// Probe asks amoCRM at an account's address whether it knows the configured integration, with its secret and our redirect
// URI, by way of a code that nobody has. nil: only the code is refused, or no integration is configured. *oauth.ConfigError names
// what is wrong; any other error says that amoCRM could not be asked.
func (g *Grants) Probe(ctx context.Context, amoBase string) error {
	if g.amo.cfg.ClientID == "" {
		return nil
	}
	_, err := g.amo.exchange(ctx, amoBase, amocrm.TokenRequest{
		ClientID: g.amo.cfg.ClientID, ClientSecret: g.amo.cfg.ClientSecret, RedirectURI: g.amo.cfg.redirectURI(), Code: "nobody-has-this-code",
	})
	refusal, told := errors.AsType[*amocrm.Error](err)
	if !told || !errors.Is(err, amocrm.ErrInvalid) && !errors.Is(err, amocrm.ErrUnauthorized) {
		return err
	}
	for _, about := range []string{"client_id", "client_secret", "redirect uri"} { // amocrm.md §1.4
		if strings.Contains(strings.ToLower(refusal.Hint), about) {
			return &oauth.ConfigError{Provider: "amoCRM", Hint: refusal.Hint}
		}
	}
	return nil
}
