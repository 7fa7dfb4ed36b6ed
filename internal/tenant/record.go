package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

const (
	schema   = 1
	unseen   = 30 * 24 * time.Hour // life of a tenant that was never connected
	touchAge = 24 * time.Hour      // how old a sighting must be to be written anew
)

// record is a tenant as it is stored: its secrets sealed, and the names it is found under.
type record struct {
	Tenant
	SealedDesk    string   `json:"desk_token"`
	SealedTrigger string   `json:"trigger_key"`
	SealedNotices string   `json:"notices,omitempty"`
	Credentials   []string `json:"credentials"` // fingerprints that open it
	Triggers      []string `json:"triggers"`    // fingerprints of its trigger key

	// CredentialKeys are the ids of the seal keys that have made a fingerprint of the credential: where a secret is the
	// credential it is not stored, and only its next sighting can make the fingerprint of a newer key.
	CredentialKeys []string `json:"credential_keys,omitempty"`

	// The trigger key before the present one, for as long as its fingerprints lead here.
	SealedOldTrigger string   `json:"old_trigger_key,omitempty"`
	OldTriggers      []string `json:"old_triggers,omitempty"`

	stored string // what it was read from: a newer version must not lose its fields when this one writes
}

func recordKey(id string) string          { return store.Key(id, "tenant") }
func credentialKey(print string) string   { return store.Shared("credential", print) }
func triggerKey(print string) string      { return store.Shared("trigger", print) }
func integrationKey(client string) string { return store.Shared("integration", client) }
func accountKey(amoBase string) string    { return store.Shared("account", amoBase) }

const everyone = "tenants"

// life is how long the record and what leads to it are kept; 0 is for good.
func (r *record) life() time.Duration {
	if r.ConnectedAt.IsZero() {
		return unseen
	}
	return 0
}

func (d *Directory) marshal(r *record) ([]byte, error) {
	ring, key := d.db.Ring(), recordKey(r.ID)
	r.V = schema
	r.SealedDesk = ring.Seal([]byte(r.DeskToken), key+"#desk_token")
	r.SealedTrigger = ring.Seal([]byte(r.TriggerKey), key+"#trigger_key")
	r.SealedOldTrigger = ""
	if r.OldTriggerKey != "" {
		r.SealedOldTrigger = ring.Seal([]byte(r.OldTriggerKey), key+"#old_trigger_key")
	}
	var err error
	if r.SealedNotices, err = d.sealNotices(r.Notices, key); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(r)
	if err != nil || r.stored == "" {
		return raw, err
	}
	unknown, err := unknownFields([]byte(r.stored), &record{})
	if err != nil || len(unknown) == 0 {
		return raw, err
	}
	var known fields
	if err := json.Unmarshal(raw, &known); err != nil {
		return nil, err
	}
	return json.Marshal(known.with(unknown))
}

func (d *Directory) unmarshal(id, raw string) (*record, error) {
	r := &record{stored: raw}
	if err := json.Unmarshal([]byte(raw), r); err != nil {
		return nil, fmt.Errorf("read tenant %s: %w", id, err)
	}
	if r.V > schema {
		return nil, fmt.Errorf("read tenant %s: written by a newer version (form %d, this one knows %d)", id, r.V, schema)
	}
	ring, key := d.db.Ring(), recordKey(id)
	desk, err := ring.Open(r.SealedDesk, key+"#desk_token")
	if err != nil {
		return nil, fmt.Errorf("open helpdesk token of tenant %s: %w", id, err)
	}
	trigger, err := ring.Open(r.SealedTrigger, key+"#trigger_key")
	if err != nil {
		return nil, fmt.Errorf("open trigger key of tenant %s: %w", id, err)
	}
	if r.SealedOldTrigger != "" {
		old, err := ring.Open(r.SealedOldTrigger, key+"#old_trigger_key")
		if err != nil {
			return nil, fmt.Errorf("open the former trigger key of tenant %s: %w", id, err)
		}
		r.OldTriggerKey = string(old)
	}
	if r.Notices, err = d.openNotices(r.SealedNotices, key); err != nil {
		return nil, fmt.Errorf("read tenant %s: %w", id, err)
	}
	r.DeskToken, r.TriggerKey = string(desk), string(trigger)
	return r, nil
}

func (d *Directory) load(ctx context.Context, from redis.Cmdable, id string) (*record, error) {
	raw, err := from.Get(ctx, recordKey(id)).Result()
	if errors.Is(err, redis.Nil) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read tenant %s: %w", id, err)
	}
	return d.unmarshal(id, raw)
}

// update changes a record under WATCH and keeps the index of its trigger key. change may run several times.
func (d *Directory) update(ctx context.Context, id string, change func(*record) error) (*record, error) {
	var done, before *record
	try := func(tx *redis.Tx) error {
		var err error
		if before, err = d.load(ctx, tx, id); err != nil {
			return err
		}
		after := *before
		after.Credentials, after.Triggers = slices.Clone(before.Credentials), slices.Clone(before.Triggers)
		after.OldTriggers, after.CredentialKeys = slices.Clone(before.OldTriggers), slices.Clone(before.CredentialKeys)
		if err := change(&after); err != nil {
			return err
		}
		after.ID, after.CreatedAt = before.ID, before.CreatedAt
		if after.TriggerKey != before.TriggerKey {
			after.Triggers = d.triggerPrints(after.TriggerKey)[:1]
			if err := d.index(ctx, triggerKey, after.Triggers, id, after.life()); err != nil {
				return err
			}
		}
		raw, err := d.marshal(&after)
		if err != nil {
			return err
		}
		life := after.life()
		if life > 0 {
			life = redis.KeepTTL // only a sighting lengthens it, together with the indexes' lives
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, recordKey(id), raw, life)
			return nil
		})
		done = &after
		return err
	}
	for {
		err := d.db.Watch(ctx, try, recordKey(id))
		if errors.Is(err, redis.TxFailedErr) && ctx.Err() == nil {
			continue // somebody else has changed it: that change went through, so this ends
		}
		if err != nil {
			return nil, err
		}
		break
	}
	if done.TriggerKey != before.TriggerKey {
		gone := slices.DeleteFunc(slices.Concat(before.Triggers, before.OldTriggers), func(print string) bool {
			return slices.Contains(done.OldTriggers, print) // valid for a while
		})
		if err := d.unindex(ctx, triggerKey, gone, id); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (d *Directory) triggerPrints(key string) []string {
	return d.db.Ring().Fingerprints("trigger", key)
}

// index lets every name in prints lead to id.
func (d *Directory) index(ctx context.Context, name func(string) string, prints []string, id string, life time.Duration) error {
	for _, print := range prints {
		if err := d.db.Set(ctx, name(print), id, life).Err(); err != nil {
			return fmt.Errorf("index tenant %s: %w", id, err)
		}
	}
	return nil
}

// deleteIf removes a name only while it leads to the id.
var deleteIf = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

func (d *Directory) unindex(ctx context.Context, name func(string) string, prints []string, id string) error {
	for _, print := range prints {
		if err := deleteIf.Run(ctx, d.db, []string{name(print)}, id).Err(); err != nil {
			return fmt.Errorf("drop an index of tenant %s: %w", id, err)
		}
	}
	return nil
}
