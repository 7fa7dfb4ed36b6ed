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

	"github.com/redis/go-redis/v9"
)

// Open finds the tenant of a credential or makes one. It brings a changed helpdesk token and address up to date and counts
// as a sighting. Errors: ErrNoCredential.
func (d *Directory) Open(ctx context.Context, c Credential) (Tenant, error) {
	return d.Admit(ctx, c, func() error { return nil })
}

// Admit is Open that asks before it makes a tenant, and for each opening of one that was never connected, which anybody can
// make: an error of may is the answer, and a tenant that was not there is not made.
func (d *Directory) Admit(ctx context.Context, c Credential, may func() error) (Tenant, error) {
	if c.AmoBase == "" || c.DeskToken == "" && c.Secret == "" {
		return Tenant{}, ErrNoCredential
	}
	prints := d.prints(c)
	// A second round is needed when a tenant expires, or another request makes it, between two of our steps.
	for range 5 {
		id, print, err := d.find(ctx, prints)
		if err != nil {
			return Tenant{}, err
		}
		known := id != ""
		if !known {
			if id, err = d.enter(ctx, c, prints[0], may); err != nil {
				return Tenant{}, err
			}
			print = prints[0]
		}
		t, err := d.seen(ctx, id, c, print, prints[0])
		if errors.Is(err, ErrNotFound) {
			if err := d.unindex(ctx, credentialKey, []string{print}, id); err != nil {
				return Tenant{}, err
			}
			continue
		}
		if err == nil && known && t.ConnectedAt.IsZero() {
			if t, err = d.orMoved(ctx, t, c, prints[0]); err == nil && t.ConnectedAt.IsZero() {
				err = may()
			}
		}
		return t, err
	}
	return Tenant{}, errors.New("open tenant: it keeps vanishing")
}

// enter is for a credential that leads nowhere: it may have opened a tenant whose account was renamed, else it is a new one.
func (d *Directory) enter(ctx context.Context, c Credential, print string, may func() error) (id string, err error) {
	if id, err = d.moved(ctx, c); id != "" || err != nil {
		return id, err
	}
	if err := may(); err != nil {
		return "", err
	}
	return d.make(ctx, c, print)
}

// prints are the names of a credential, newest ring key first. A secret and a token of the same text are two.
func (d *Directory) prints(c Credential) []string {
	kind, proof := "token", c.DeskToken
	if c.Secret != "" {
		kind, proof = "secret", c.Secret
	}
	return d.db.Ring().Fingerprints("credential", kind, strings.ToLower(c.AmoBase), proof)
}

// find returns the id that a print leads to and that print, or nothing.
func (d *Directory) find(ctx context.Context, prints []string) (id, print string, err error) {
	for _, print := range prints {
		id, err := d.db.Get(ctx, credentialKey(print)).Result()
		if err == nil {
			return id, print, nil
		}
		if !errors.Is(err, redis.Nil) {
			return "", "", fmt.Errorf("find tenant: %w", err)
		}
	}
	return "", "", nil
}

// make stores a new tenant and lets print lead to it, unless another request was faster: then that one's id comes back.
func (d *Directory) make(ctx context.Context, c Credential, print string) (id string, err error) {
	r := &record{Tenant: Tenant{
		ID: strings.ToLower(rand.Text()), AmoBase: c.AmoBase, DeskToken: c.DeskToken, TriggerKey: newTriggerKey(),
		CreatedAt: time.Now().UTC().Truncate(time.Millisecond), SeenAt: time.Now().UTC().Truncate(time.Millisecond),
	}, Credentials: []string{print}, CredentialKeys: []string{d.db.Ring().Newest()}}
	if c.DeskToken != "" {
		r.DeskBase = c.DeskBase
	}
	r.Triggers = d.triggerPrints(r.TriggerKey)[:1]
	raw, err := d.marshal(r)
	if err != nil {
		return "", fmt.Errorf("make tenant: %w", err)
	}
	if err := d.db.Set(ctx, recordKey(r.ID), raw, unseen).Err(); err != nil {
		return "", fmt.Errorf("make tenant: %w", err)
	}
	if err := d.index(ctx, triggerKey, r.Triggers, r.ID, unseen); err != nil {
		return "", err
	}
	won, err := d.db.SetNX(ctx, credentialKey(print), r.ID, unseen).Result()
	if err != nil {
		return "", fmt.Errorf("make tenant: %w", err)
	}
	if won {
		return r.ID, nil
	}
	winner, err := d.db.Get(ctx, credentialKey(print)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("make tenant: %w", err)
	}
	if winner == r.ID { // the client had sent the command twice
		return r.ID, nil
	}
	return winner, d.remove(ctx, r) // an empty winner has expired meanwhile: the caller looks again
}

// newTriggerKey is "sk_" and 32 URL-safe characters (192 bits).
func newTriggerKey() string {
	raw := make([]byte, 24)
	rand.Read(raw) // never fails: crypto/rand ends the program instead
	return "sk_" + base64.RawURLEncoding.EncodeToString(raw)
}

// seen brings a found tenant up to date. print is the name it was found under, newest the one to be found under.
func (d *Directory) seen(ctx context.Context, id string, c Credential, print, newest string) (Tenant, error) {
	var raw *redis.StringCmd
	var left *redis.DurationCmd
	_, err := d.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		raw, left = p.Get(ctx, recordKey(id)), p.PTTL(ctx, recordKey(id))
		return nil
	})
	if errors.Is(raw.Err(), redis.Nil) {
		return Tenant{}, ErrNotFound
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("read tenant %s: %w", id, err)
	}
	r, err := d.unmarshal(id, raw.Val())
	if err != nil {
		return Tenant{}, err
	}
	moved := c.DeskToken != "" && (r.DeskToken != c.DeskToken || r.DeskBase != c.DeskBase)
	renamed := print != newest || !slices.Contains(r.Credentials, print) || !slices.Contains(r.CredentialKeys, d.db.Ring().Newest())
	forgotten := r.life() > 0 && left.Val() < unseen-touchAge
	unseenToday := time.Since(r.SeenAt) > touchAge
	if !moved && !renamed && !forgotten && !unseenToday {
		return r.Tenant, nil
	}
	r, err = d.update(ctx, id, func(r *record) error {
		if c.DeskToken != "" {
			r.DeskToken, r.DeskBase = c.DeskToken, c.DeskBase
		}
		r.Credentials, r.CredentialKeys = with(r.Credentials, print, newest), with(r.CredentialKeys, d.db.Ring().Newest())
		r.Triggers = with(r.Triggers, d.triggerPrints(r.TriggerKey)[0])
		r.SeenAt = time.Now().UTC().Truncate(time.Millisecond)
		return nil
	})
	if err != nil {
		return Tenant{}, err
	}
	if err := d.indexAll(ctx, r); err != nil {
		return Tenant{}, err
	}
	if life := r.life(); life > 0 {
		if err := d.db.Expire(ctx, recordKey(id), life).Err(); err != nil {
			return Tenant{}, fmt.Errorf("keep tenant %s: %w", id, err)
		}
	}
	return r.Tenant, nil
}

// indexAll lets all names of r lead to it for as long as it lives itself.
func (d *Directory) indexAll(ctx context.Context, r *record) error {
	return errors.Join(
		d.index(ctx, credentialKey, r.Credentials, r.ID, r.life()),
		d.index(ctx, triggerKey, r.Triggers, r.ID, r.life()))
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

// Remove forgets a tenant, and what leads to it. One that is gone already is no error.
func (d *Directory) Remove(ctx context.Context, id string) error {
	r, err := d.load(ctx, d.db, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.remove(ctx, r)
}

// remove forgets a tenant and whatever leads to it alone.
func (d *Directory) remove(ctx context.Context, r *record) error {
	failed := errors.Join(
		d.unindex(ctx, credentialKey, r.Credentials, r.ID),
		d.unindex(ctx, triggerKey, slices.Concat(r.Triggers, r.OldTriggers), r.ID))
	for _, set := range r.sets() {
		failed = errors.Join(failed, d.db.SRem(ctx, set, r.ID).Err())
	}
	failed = errors.Join(failed, d.db.Del(ctx, recordKey(r.ID)).Err())
	if failed != nil {
		return fmt.Errorf("remove tenant %s: %w", r.ID, failed)
	}
	return nil
}
