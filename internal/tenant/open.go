package tenant

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// Open finds the tenant of a credential or creates one. It updates a changed helpdesk token and address and counts as a visit.
// Errors: ErrNoCredential.
func (d *Directory) Open(ctx context.Context, c Credential) (Tenant, error) {
	return d.FindOrCreate(ctx, c, func() error { return nil })
}

// FindOrCreate is Open that asks allow before it creates a tenant, and for each opening of one that was never connected, which
// anybody can create: an error of allow is returned as it is, and a tenant that was not there is not created.
func (d *Directory) FindOrCreate(ctx context.Context, c Credential, allow func() error) (Tenant, error) {
	if c.AmoBase == "" || c.DeskToken == "" && c.Secret == "" {
		return Tenant{}, ErrNoCredential
	}
	o := opening{records: d.records, by: c, names: d.credentialFingerprints(c), allow: allow}
	// A second round is needed when a tenant expires, or another request creates it, between two of our steps.
	for range 5 {
		id, name, err := o.find(ctx)
		if err != nil {
			return Tenant{}, err
		}
		known := id != ""
		if !known {
			if id, err = o.create(ctx); err != nil {
				return Tenant{}, err
			}
			name = o.names[0]
		}
		t, err := o.touch(ctx, id, name)
		if errors.Is(err, ErrNotFound) {
			if err := o.unindex(ctx, credentialKey, []string{name}, id); err != nil {
				return Tenant{}, err
			}
			continue
		}
		if err == nil && known && t.ConnectedAt.IsZero() {
			if t, err = o.followRename(ctx, t); err == nil && t.ConnectedAt.IsZero() {
				err = allow()
			}
		}
		return t, err
	}
	return Tenant{}, errors.New("open tenant: it keeps vanishing")
}

// opening is one request for the tenant of a credential.
type opening struct {
	records
	by    Credential
	names []string // its fingerprints, newest ring key first
	allow func() error
}

// find returns the id that a name of the credential leads to and that name, or nothing.
func (o opening) find(ctx context.Context) (id, name string, err error) {
	for _, name := range o.names {
		id, ok, err := store.Found(o.db.Get(ctx, credentialKey(name)).Result())
		if ok || err != nil {
			return id, name, store.Wrap("find tenant", err)
		}
	}
	return "", "", nil
}

// create is for a credential that leads nowhere: it may have opened a tenant whose account was renamed, else it gets a new one.
func (o opening) create(ctx context.Context) (id string, err error) {
	if id, err = o.renamed(ctx); id != "" || err != nil {
		return id, err
	}
	if err := o.allow(); err != nil {
		return "", err
	}
	return o.insert(ctx)
}

// insert stores a new tenant and makes the credential lead to it, unless another request was faster: then it returns that one's id.
func (o opening) insert(ctx context.Context) (id string, err error) {
	name, key := o.names[0], credentialKey(o.names[0])
	r := &record{Tenant: Tenant{
		ID: strings.ToLower(rand.Text()), AmoBase: o.by.AmoBase, DeskToken: o.by.DeskToken, TriggerKey: newTriggerKey(),
		CreatedAt: time.Now().UTC().Truncate(time.Millisecond), SeenAt: time.Now().UTC().Truncate(time.Millisecond),
	}, Credentials: []string{name}, CredentialKeys: []string{o.db.Ring().Newest()}}
	if o.by.DeskToken != "" {
		r.DeskBase = o.by.DeskBase
	}
	r.Triggers = o.triggerFingerprints(r.TriggerKey)[:1]
	raw, err := o.marshal(r)
	if err != nil {
		return "", fmt.Errorf("make tenant: %w", err)
	}
	if err := o.db.Set(ctx, recordKey(r.ID), raw, unseen).Err(); err != nil {
		return "", fmt.Errorf("make tenant: %w", err)
	}
	if err := o.index(ctx, triggerKey, r.Triggers, r.ID, unseen); err != nil {
		return "", err
	}
	won, err := o.db.SetNX(ctx, key, r.ID, unseen).Result()
	if err != nil {
		return "", fmt.Errorf("make tenant: %w", err)
	}
	if won {
		return r.ID, nil
	}
	winner, _, err := store.Found(o.db.Get(ctx, key).Result())
	if err != nil {
		return "", fmt.Errorf("make tenant: %w", err)
	}
	if winner == r.ID { // the client had sent the command twice
		return r.ID, nil
	}
	return winner, o.remove(ctx, r) // an empty winner has expired meanwhile: the caller looks again
}

// touch updates a found tenant and extends its life. name is the one it was found under.
func (o opening) touch(ctx context.Context, id, name string) (Tenant, error) {
	var raw *redis.StringCmd
	var left *redis.DurationCmd
	_, err := o.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		raw, left = p.Get(ctx, recordKey(id)), p.PTTL(ctx, recordKey(id))
		return nil
	})
	if errors.Is(raw.Err(), redis.Nil) {
		return Tenant{}, ErrNotFound
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("read tenant %s: %w", id, err)
	}
	r, err := o.unmarshal(id, raw.Val())
	if err != nil {
		return Tenant{}, err
	}
	newest := o.names[0]
	moved := o.by.DeskToken != "" && (r.DeskToken != o.by.DeskToken || r.DeskBase != o.by.DeskBase)
	renamed := name != newest || !slices.Contains(r.Credentials, name) || !slices.Contains(r.CredentialKeys, o.db.Ring().Newest())
	expiring := r.life() > 0 && left.Val() < unseen-touchAge
	stale := time.Since(r.SeenAt) > touchAge
	if !moved && !renamed && !expiring && !stale {
		return r.Tenant, nil
	}
	r, err = o.update(ctx, id, func(r *record) error {
		if o.by.DeskToken != "" {
			r.DeskToken, r.DeskBase = o.by.DeskToken, o.by.DeskBase
		}
		r.Credentials, r.CredentialKeys = with(r.Credentials, name, newest), with(r.CredentialKeys, o.db.Ring().Newest())
		r.Triggers = with(r.Triggers, o.triggerFingerprints(r.TriggerKey)[0])
		r.SeenAt = time.Now().UTC().Truncate(time.Millisecond)
		return nil
	})
	if err != nil {
		return Tenant{}, err
	}
	if err := o.indexAll(ctx, r); err != nil {
		return Tenant{}, err
	}
	if life := r.life(); life > 0 {
		if err := o.db.Expire(ctx, recordKey(id), life).Err(); err != nil {
			return Tenant{}, fmt.Errorf("keep tenant %s: %w", id, err)
		}
	}
	return r.Tenant, nil
}

// renamed returns the tenant that the credential has opened when its account had another address, "" for none.
func (o opening) renamed(ctx context.Context) (id string, err error) {
	ids, err := o.members(ctx, accountKey(o.by.AmoBase))
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		r, err := o.load(ctx, o.db, id)
		if errors.Is(err, ErrNotFound) || err == nil && r.AmoBase != o.by.AmoBase {
			continue
		}
		if err != nil {
			return "", err
		}
		for _, former := range r.Former {
			then := o.by
			then.AmoBase = former
			if names := o.credentialFingerprints(then); len(missing(names, r.Credentials)) < len(names) {
				return id, nil
			}
		}
	}
	return "", nil
}

// followRename returns t, which was never connected, unless its credential has opened another tenant before a renaming: then
// that one, to which the credential leads from now on.
func (o opening) followRename(ctx context.Context, t Tenant) (Tenant, error) {
	id, err := o.renamed(ctx)
	if err != nil || id == "" || id == t.ID {
		return t, err
	}
	newest := o.names[0]
	if err := o.index(ctx, credentialKey, []string{newest}, id, 0); err != nil {
		return Tenant{}, err
	}
	kept, err := o.touch(ctx, id, newest)
	return kept, store.Wrap("open the tenant of a renamed account", err)
}

// with returns set with what is missing of names.
func with(set []string, names ...string) []string {
	for _, name := range names {
		if !slices.Contains(set, name) {
			set = append(set, name)
		}
	}
	return set
}
