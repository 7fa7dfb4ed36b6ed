package login

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// Grants keeps the grants of amoCRM. It is safe for concurrent use by many replicas.
type Grants struct {
	*oauth.Grants
	amo provider
}

// NewGrants returns the grants kept in db. limiter, which may be nil, is the limiter of an account; log may be nil.
func NewGrants(db *store.DB, cfg Config, limiter func(amoBase string) amocrm.Limiter, log *slog.Logger) *Grants {
	log = cmp.Or(log, slog.New(slog.DiscardHandler))
	if limiter == nil {
		limiter = func(string) amocrm.Limiter { return nil }
	}
	if cfg.now == nil {
		cfg.now = func() time.Time { return time.Now().UTC() }
	}
	g := &Grants{amo: provider{cfg: cfg, limiter: limiter, http: cfg.Hosts.HTTPClient(exchangeTime), api: cfg.Hosts.APIClient(exchangeTime),
		log: log, tenants: tenant.NewDirectory(db)}}
	g.Grants = oauth.NewGrants(oauth.Options{DB: db, Provider: &g.amo, Name: "amoCRM", Metrics: cfg.Metrics, Log: log, Now: cfg.now,
		StoreTime: cfg.storeTime})
	return g
}

// Auth returns the tenant's source of access tokens. Errors match oauth.ErrNeedsLogin when only a login helps,
// amocrm.ErrUpstream when waiting may; they never match the connector's errors about a request's own outcome.
func (g *Grants) Auth(tenantID string) amocrm.Auth { return source{g, tenantID} }

type source struct {
	grants   *Grants
	tenantID string
}

// Token implements amocrm.Auth.
func (s source) Token(ctx context.Context, rejected string) (string, error) {
	grant, err := s.grants.Token(ctx, s.tenantID, rejected)
	return grant.Access, upstream(err)
}

// Home implements amocrm.Homed.
func (s source) Home(ctx context.Context) (string, error) {
	grant, err := s.grants.Grant(ctx, s.tenantID)
	return grant.Base, err
}

var _ amocrm.Homed = source{}

// Adopt gives a tenant the living grant of another one of the same account, unless it has a living one itself; the other's
// is lost from then on (oauth.Grants.TakeOver).
func (g *Grants) Adopt(ctx context.Context, from, into string) error {
	taken, err := g.TakeOver(ctx, from, into, mismatch)
	if taken {
		call(g.amo.cfg.Hooks.Connected, ctx, into)
	}
	return err
}

// WhyOperator is Status.Why of a connection that the operator has ended.
const WhyOperator = "disconnected by the operator"

// Disconnect ends a tenant's connection without a login that proves the right to: for the operator. A tenant without a
// grant is no error.
func (g *Grants) Disconnect(ctx context.Context, tenantID string) error {
	call(g.amo.cfg.Hooks.Ending, ctx, tenantID)
	return store.Wrap("disconnect", g.Drop(ctx, tenantID, WhyOperator))
}

// Disconnected takes the hook that amoCRM sends when an account switches the integration off (amocrm.md §1.10): the grants of
// that account and integration end. signature is the hex HMAC-SHA256 of "clientID|accountID" with the client secret.
// Errors: ErrSignature, also for an account or integration that nobody here has, so that the answer tells strangers nothing.
func (f *Flow) Disconnected(ctx context.Context, accountID, clientID, signature string) error {
	given, err := hex.DecodeString(strings.TrimSpace(signature))
	if err != nil {
		return ErrSignature
	}
	// The operator's integration has a secret that is at hand, all companies as its tenants, and an id that stands in every
	// login's address: a stranger is turned away before anybody looks through them.
	if clientID == f.cfg.ClientID && !hmac.Equal(given, disconnectMAC(f.cfg.ClientSecret, clientID, accountID)) {
		return ErrSignature
	}
	ids, err := f.dir.ByIntegration(ctx, clientID)
	if err != nil {
		return fmt.Errorf("disconnect: %w", err)
	}
	genuine := false
	for _, id := range ids {
		grant, err := f.grants.Grant(ctx, id)
		if errors.Is(err, oauth.ErrNoGrant) || errors.Is(err, store.ErrSealed) { // another company's that does not open is in no one's way
			continue
		}
		if err != nil {
			return fmt.Errorf("disconnect: %w", err)
		}
		if grant.ClientID != clientID || strconv.FormatInt(grant.AccountID, 10) != accountID {
			continue
		}
		secret := grant.ClientSecret
		if clientID == f.cfg.ClientID {
			secret = f.cfg.ClientSecret
		}
		if !hmac.Equal(given, disconnectMAC(secret, clientID, accountID)) {
			continue
		}
		genuine = true
		if err := f.grants.Drop(ctx, id, "the integration was switched off in amoCRM"); err != nil {
			return fmt.Errorf("disconnect: %w", err)
		}
	}
	if !genuine {
		return ErrSignature
	}
	return nil
}

func disconnectMAC(secret, clientID, accountID string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(clientID + "|" + accountID))
	return mac.Sum(nil)
}
