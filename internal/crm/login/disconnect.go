package login

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

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

// newestFirst orders tenants by their last login.
func newestFirst(found []tenant.Tenant) []string {
	slices.SortFunc(found, func(a, b tenant.Tenant) int {
		return cmp.Or(b.ConnectedAt.Compare(a.ConnectedAt), strings.Compare(a.ID, b.ID))
	})
	ids := make([]string, len(found))
	for i, t := range found {
		ids[i] = t.ID
	}
	return ids
}
