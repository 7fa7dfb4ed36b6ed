package login

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/oauth"
)

// WhyEnded is Status.Why of a connection that a person has ended.
const WhyEnded = "disconnected in the settings"

// StartDisconnect begins a login that ends the tenant's connection: who opens a ticket's card may not, a user of the
// amoCRM account may. It goes through the integration of the present connection. Errors: oauth.ErrNoGrant when there is none.
func (f *Flow) StartDisconnect(ctx context.Context, tenantID, sessionID, lang string) (Start, error) {
	t, err := f.dir.Get(ctx, tenantID)
	if err != nil {
		return Start{}, fmt.Errorf("start disconnecting: %w", err)
	}
	grant, err := f.grants.Grant(ctx, tenantID)
	if err != nil {
		return Start{}, fmt.Errorf("start disconnecting: %w", err)
	}
	s := Start{State: rand.Text(), Binding: rand.Text()}
	client := grant.ClientID
	if client == "" { // a long-lived token names no integration
		client = f.cfg.ClientID
	}
	l := login{TenantID: tenantID, SessionID: sessionID, Lang: lang, Binding: s.Binding, Button: client == "", Ends: true}
	if err := f.states.Put(ctx, "login", s.State, &l); err != nil {
		return Start{}, fmt.Errorf("start disconnecting: %w", err)
	}
	if l.Button {
		s.Button = f.button(t.AmoBase, s.State)
	} else {
		s.URL = amocrm.AuthorizeURL(t.AmoBase, client, s.State, "post_message")
	}
	return s, nil
}

// end drops the connection. The tokens of the login that proved the right to do so are never stored.
func (f *Flow) end(ctx context.Context, tenantID string, proof oauth.Grant) error {
	call(f.cfg.Hooks.Ending, ctx, tenantID)
	if err := f.grants.Drop(ctx, tenantID, WhyEnded); err != nil {
		return fmt.Errorf("disconnect: %w", err)
	}
	f.log.InfoContext(ctx, "disconnected from amoCRM", "tenant", tenantID, "account", proof.AccountID, "user", proof.UserID)
	return nil
}
