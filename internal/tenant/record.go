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

// record is a tenant as it is stored: with the names it is found under. Its secrets and sections are members of their own, sealed
// and bound to the Redis key and the member's name.
type record struct {
	Tenant
	Credentials []string `json:"credentials"` // fingerprints that open it
	Triggers    []string `json:"triggers"`    // fingerprints of its trigger key

	// CredentialKeys are the ids of the seal keys that have made a fingerprint of the credential: where a secret is the
	// credential it is not stored, and only its next sighting can make the fingerprint of a newer key.
	CredentialKeys []string `json:"credential_keys,omitempty"`

	// OldTriggers are those of the trigger key before the present one, for as long as they lead here.
	OldTriggers []string `json:"old_triggers,omitempty"`

	stored struct { // what it was read from: a newer version must not lose its fields when this one writes
		raw      string
		sections []string
	}
}

func recordKey(id string) string          { return store.Key(id, "tenant") }
func credentialKey(fp string) string      { return store.Shared("credential", fp) }
func triggerKey(fp string) string         { return store.Shared("trigger", fp) }
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

// secrets are the texts that are stored sealed, by their members.
func (r *record) secrets() map[string]*string {
	return map[string]*string{"desk_token": &r.DeskToken, "trigger_key": &r.TriggerKey, "old_trigger_key": &r.OldTriggerKey}
}

// mayLack names the secret that need not be there.
const mayLack = "old_trigger_key"

// records reads, writes and indexes stored tenants.
type records struct{ db *store.DB }

func (s records) marshal(r *record) ([]byte, error) {
	r.V = schema
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	sealed := []string{} // members that this version seals; a stored one that is missing here was removed
	seal := func(member string, plain []byte) {
		// What Ring.Seal makes needs no escape.
		members[member] = json.RawMessage(`"` + s.db.Ring().Seal(plain, recordKey(r.ID)+"#"+member) + `"`)
	}
	for member, text := range r.secrets() {
		sealed = append(sealed, member)
		if *text != "" || member != mayLack {
			seal(member, []byte(*text))
		}
	}
	for name, plain := range r.sections {
		seal(sectionMember(name), plain)
	}
	for _, name := range r.stored.sections {
		sealed = append(sealed, sectionMember(name))
	}
	if raw, err = json.Marshal(members); err != nil || r.stored.raw == "" {
		return raw, err
	}
	return withUnknown(raw, []byte(r.stored.raw), &record{}, sealed...)
}

func (s records) unmarshal(id, raw string) (*record, error) {
	r := &record{}
	r.stored.raw = raw
	if err := json.Unmarshal([]byte(raw), r); err != nil {
		return nil, fmt.Errorf("read tenant %s: %w", id, err)
	}
	if r.V > schema {
		return nil, fmt.Errorf("read tenant %s: written by a newer version (form %d, this one knows %d)", id, r.V, schema)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &members); err != nil {
		return nil, fmt.Errorf("read tenant %s: %w", id, err)
	}
	open := func(member string) ([]byte, error) {
		var sealed string
		if err := json.Unmarshal(members[member], &sealed); err != nil {
			return nil, fmt.Errorf("open %s of tenant %s: %w", member, id, store.ErrSealed)
		}
		plain, err := s.db.Ring().Open(sealed, recordKey(id)+"#"+member)
		return plain, store.Wrap("open "+member+" of tenant "+id, err)
	}
	for member, text := range r.secrets() {
		if member == mayLack && members[member] == nil {
			continue
		}
		plain, err := open(member)
		if err != nil {
			return nil, err
		}
		*text = string(plain)
	}
	for member := range members {
		name, ok := sectionOf(member)
		if !ok {
			continue
		}
		plain, err := open(member)
		if err != nil {
			return nil, err
		}
		r.setSection(name, plain)
		r.stored.sections = append(r.stored.sections, name)
	}
	return r, nil
}

func (s records) load(ctx context.Context, from redis.Cmdable, id string) (*record, error) {
	raw, ok, err := store.Found(from.Get(ctx, recordKey(id)).Result())
	if err != nil {
		return nil, fmt.Errorf("read tenant %s: %w", id, err)
	}
	if !ok {
		return nil, ErrNotFound
	}
	return s.unmarshal(id, raw)
}

// update changes a record under WATCH and keeps the index of its trigger key. change may run several times.
func (s records) update(ctx context.Context, id string, change func(*record) error) (*record, error) {
	var done, before *record
	try := func(tx *redis.Tx) error {
		var err error
		if before, err = s.load(ctx, tx, id); err != nil {
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
			after.Triggers = s.triggerFingerprints(after.TriggerKey)[:1]
			if err := s.index(ctx, triggerKey, after.Triggers, id, after.life()); err != nil {
				return err
			}
		}
		raw, err := s.marshal(&after)
		if err != nil {
			return err
		}
		life := after.life()
		if life > 0 {
			life = redis.KeepTTL // only touch extends it, together with the indexes' lives
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, recordKey(id), raw, life)
			return nil
		})
		done = &after
		return err
	}
	for {
		err := s.db.Watch(ctx, try, recordKey(id))
		if errors.Is(err, redis.TxFailedErr) && ctx.Err() == nil {
			continue // somebody else has changed it: that change went through, so this ends
		}
		if err != nil {
			return nil, err
		}
		break
	}
	if done.TriggerKey != before.TriggerKey {
		gone := slices.DeleteFunc(slices.Concat(before.Triggers, before.OldTriggers), func(name string) bool {
			return slices.Contains(done.OldTriggers, name) // valid for a while
		})
		if err := s.unindex(ctx, triggerKey, gone, id); err != nil {
			return done, err
		}
	}
	return done, nil
}
