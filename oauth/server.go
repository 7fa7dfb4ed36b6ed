package oauth

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/sidecard/sidecard/internal/store"
)

// askTime bounds one request for a token, with the wait for the replica that is at it.
const askTime = 45 * time.Second

// Server keeps one provider's server-to-server tokens of all tenants: without a login and without a refresh token. It is safe
// for concurrent use by many replicas.
type Server struct {
	vault
	ask     func(ctx context.Context, tenantID string) (*oauth2.Token, error)
	flights singleflight.Group
}

// NewServer keeps tokens of a provider in db; kind is its part of the Redis keys. ask asks the provider for a token with the
// tenant's credential there.
func NewServer(db *store.DB, kind string, ask func(ctx context.Context, tenantID string) (*oauth2.Token, error)) *Server {
	return &Server{vault: vault{db: db, kind: kind}, ask: ask}
}

// asked is a token as it is stored, sealed, until it ends.
type asked struct {
	V         int       `json:"v"`
	Access    string    `json:"access"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Token returns an access token. rejected is the one that the provider has just refused, "" for none. One replica asks, the others
// wait for its token. Errors are those of ask and of the store; no error is kept.
func (s *Server) Token(ctx context.Context, tenantID, rejected string) (string, error) {
	if have, err := s.cached(ctx, tenantID); err != nil || have != "" && have != rejected {
		return have, err
	}
	got := s.flights.DoChan(tenantID+"|"+rejected, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		return s.renew(ctx, tenantID, rejected)
	})
	select {
	case r := <-got:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// renew asks for a token unless another replica has.
func (s *Server) renew(ctx context.Context, tenantID, rejected string) (string, error) {
	unlock, err := s.db.Lock(ctx, s.key(tenantID, "lock"), askTime)
	if err != nil {
		return "", fmt.Errorf("lock the token: %w", err)
	}
	defer unlock()
	if have, err := s.cached(ctx, tenantID); err != nil || have != "" && have != rejected {
		return have, err
	}
	t, err := s.ask(ctx, tenantID)
	if err != nil {
		return "", fmt.Errorf("ask for a token: %w", err)
	}
	life := time.Until(t.Expiry)
	if life -= min(life/10, time.Minute); life <= 0 { // of a life that is not known, or as good as over: used once
		return t.AccessToken, nil
	}
	key := s.key(tenantID)
	sealed, err := s.db.Ring().SealJSON(asked{GrantSchema, t.AccessToken, t.Expiry.UTC()}, key)
	if err == nil {
		err = s.db.Set(ctx, key, sealed, life).Err()
	}
	if err != nil {
		return "", fmt.Errorf("write token: %w", err)
	}
	return t.AccessToken, nil
}

// cached returns the stored token, "" for none: one that does not open, or is of a newer form, is asked for again.
func (s *Server) cached(ctx context.Context, tenantID string) (string, error) {
	key := s.key(tenantID)
	sealed, ok, err := store.Found(s.db.Get(ctx, key).Result())
	var a asked
	if !ok || s.db.Ring().OpenJSON(sealed, key, &a) != nil || a.V > GrantSchema {
		return "", store.Wrap("read token", err)
	}
	return a.Access, nil
}
