package login

import (
	"context"
	"errors"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// Probe asks amoCRM at an account's address whether it knows the configured integration, with its secret and our redirect
// URI, by way of a code that nobody has. nil: only the code is refused, or no integration is configured. *ConfigError names
// what is wrong; any other error says that amoCRM could not be asked.
func (g *Grants) Probe(ctx context.Context, amoBase string) error {
	if g.cfg.ClientID == "" {
		return nil
	}
	_, err := g.exchange(ctx, amoBase, amocrm.TokenRequest{
		ClientID: g.cfg.ClientID, ClientSecret: g.cfg.ClientSecret, RedirectURI: g.cfg.redirectURI(), Code: "nobody-has-this-code",
	})
	refusal, told := errors.AsType[*amocrm.Error](err)
	if !told || !errors.Is(err, amocrm.ErrInvalid) && !errors.Is(err, amocrm.ErrUnauthorized) {
		return err
	}
	for _, about := range []string{"client_id", "client_secret", "redirect uri"} { // amocrm.md §1.4
		if strings.Contains(strings.ToLower(refusal.Hint), about) {
			return &ConfigError{Hint: refusal.Hint}
		}
	}
	return nil
}
