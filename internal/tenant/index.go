package tenant

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/internal/store"
)

// credentialFingerprints returns the names of a credential, newest ring key first. A secret and a token of the same text are two.
func (s records) credentialFingerprints(c Credential) []string {
	kind, proof := "token", c.DeskToken
	if c.Secret != "" {
		kind, proof = "secret", c.Secret
	}
	return s.db.Ring().Fingerprints("credential", kind, strings.ToLower(c.AmoBase), proof)
}

func (s records) triggerFingerprints(key string) []string {
	return s.db.Ring().Fingerprints("trigger", key)
}

// index makes every name lead to id.
func (s records) index(ctx context.Context, key func(string) string, names []string, id string, life time.Duration) error {
	for _, name := range names {
		if err := s.db.Set(ctx, key(name), id, life).Err(); err != nil {
			return fmt.Errorf("index tenant %s: %w", id, err)
		}
	}
	return nil
}

func (s records) unindex(ctx context.Context, key func(string) string, names []string, id string) error {
	for _, name := range names {
		if err := s.db.DeleteIf(ctx, key(name), id); err != nil {
			return fmt.Errorf("drop an index of tenant %s: %w", id, err)
		}
	}
	return nil
}

// indexAll makes all names of r lead to it for as long as it lives itself.
func (s records) indexAll(ctx context.Context, r *record) error {
	return errors.Join(
		s.index(ctx, credentialKey, r.Credentials, r.ID, r.life()),
		s.index(ctx, triggerKey, r.Triggers, r.ID, r.life()))
}

func (s records) members(ctx context.Context, set string) ([]string, error) {
	ids, err := s.db.SMembers(ctx, set).Result()
	return ids, store.Wrap("find tenants", err)
}

// sets returns the keys of the lists that a connected tenant is in.
func (r *record) sets() []string {
	sets := []string{store.Shared(everyone), accountKey(r.AmoBase)}
	if r.IntegrationID != "" {
		sets = append(sets, integrationKey(r.IntegrationID))
	}
	return sets
}

// remove deletes a tenant and what leads to it alone.
func (s records) remove(ctx context.Context, r *record) error {
	failed := errors.Join(
		s.unindex(ctx, credentialKey, r.Credentials, r.ID),
		s.unindex(ctx, triggerKey, slices.Concat(r.Triggers, r.OldTriggers), r.ID))
	for _, set := range r.sets() {
		failed = errors.Join(failed, s.db.SRem(ctx, set, r.ID).Err())
	}
	return store.Wrap("remove tenant "+r.ID, errors.Join(failed, s.db.Del(ctx, recordKey(r.ID)).Err()))
}

// OldTriggerLife is how long rules may still show the trigger key that another has replaced.
const OldTriggerLife = 24 * time.Hour

// FormerKey is the trigger key before the present one while it is still good, "" for none.
func (t Tenant) FormerKey(now time.Time) string {
	if !now.Before(t.OldTriggerEnd) {
		return ""
	}
	return t.OldTriggerKey
}

// NewTriggerKey gives a tenant a new trigger key. The present one stays good for OldTriggerLife; one that was replaced
// before ends at once, so that asking twice ends a key that has got into wrong hands.
func (d *Directory) NewTriggerKey(ctx context.Context, id string) (Tenant, error) {
	fresh := newTriggerKey() // outside of the change, which may run again
	end := time.Now().UTC().Add(OldTriggerLife).Truncate(time.Millisecond)
	r, err := d.update(ctx, id, func(r *record) error {
		if r.TriggerKey == fresh {
			return nil
		}
		r.OldTriggerKey, r.OldTriggerEnd, r.OldTriggers = r.TriggerKey, end, r.Triggers
		r.TriggerKey = fresh
		return nil
	})
	if err != nil {
		return Tenant{}, fmt.Errorf("make a trigger key: %w", err)
	}
	for _, name := range r.OldTriggers {
		if err := d.db.Expire(ctx, triggerKey(name), OldTriggerLife).Err(); err != nil {
			return Tenant{}, fmt.Errorf("end the former trigger key of tenant %s in time: %w", id, err)
		}
	}
	return r.Tenant, nil
}

// newTriggerKey is "sk_" and 32 URL-safe characters (192 bits).
func newTriggerKey() string {
	raw := make([]byte, 24)
	rand.Read(raw) // never fails: crypto/rand ends the program instead
	return "sk_" + base64.RawURLEncoding.EncodeToString(raw)
}
