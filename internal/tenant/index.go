package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

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

// deleteIf deletes a name only while it leads to the id.
var deleteIf = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

func (s records) unindex(ctx context.Context, key func(string) string, names []string, id string) error {
	for _, name := range names {
		if err := deleteIf.Run(ctx, s.db, []string{key(name)}, id).Err(); err != nil {
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
	if err != nil {
		return nil, fmt.Errorf("find tenants: %w", err)
	}
	return ids, nil
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
	failed = errors.Join(failed, s.db.Del(ctx, recordKey(r.ID)).Err())
	if failed != nil {
		return fmt.Errorf("remove tenant %s: %w", r.ID, failed)
	}
	return nil
}
