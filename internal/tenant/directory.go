package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/internal/store"
)

// Directory finds, makes and changes tenants. It is safe for concurrent use by many replicas.
type Directory struct{ records }

// NewDirectory returns the directory kept in db.
func NewDirectory(db *store.DB) *Directory { return &Directory{records{db}} }

// Get returns the tenant, or ErrNotFound.
func (d *Directory) Get(ctx context.Context, id string) (Tenant, error) {
	r, err := d.load(ctx, d.db, id)
	if err != nil {
		return Tenant{}, err
	}
	return r.Tenant, nil
}

// Update changes a tenant. change may run again when another change came between; an error of it ends the update and comes
// back as it is. ID and CreatedAt stay. A new TriggerKey replaces the old one at once; NewTriggerKey leaves it a while.
func (d *Directory) Update(ctx context.Context, id string, change func(*Tenant) error) (Tenant, error) {
	r, err := d.update(ctx, id, func(r *record) error { return change(&r.Tenant) })
	if err != nil {
		return Tenant{}, err
	}
	return r.Tenant, nil
}

// ByTriggerKey returns the tenant whose rules show this key, or ErrNotFound. It looks the key up by fingerprint, so its
// duration tells nothing about how much of a wrong key was right.
func (d *Directory) ByTriggerKey(ctx context.Context, key string) (Tenant, error) {
	for _, name := range d.triggerFingerprints(key) {
		id, ok, err := store.Found(d.db.Get(ctx, triggerKey(name)).Result())
		if err != nil {
			return Tenant{}, fmt.Errorf("find tenant by trigger key: %w", err)
		}
		if !ok {
			continue
		}
		t, err := d.Get(ctx, id)
		if err == nil && t.TriggerKey != key && t.FormerKey(time.Now()) != key { // an index that a crash left behind
			return Tenant{}, ErrNotFound
		}
		return t, err
	}
	return Tenant{}, ErrNotFound
}

// ByIntegration returns the connected tenants whose last login went through the integration clientID. Like ByAccount it may
// name a tenant that is gone, for which Get says ErrNotFound.
func (d *Directory) ByIntegration(ctx context.Context, clientID string) ([]string, error) {
	return d.members(ctx, integrationKey(clientID))
}

// ByAccount returns the connected tenants of the amoCRM account at amoBase.
func (d *Directory) ByAccount(ctx context.Context, amoBase string) ([]string, error) {
	return d.members(ctx, accountKey(amoBase))
}

// Connected records a login: the tenant and what leads to it are kept for good from now on.
func (d *Directory) Connected(ctx context.Context, id, integrationID string, accountID int64, name string) error {
	var before string
	r, err := d.update(ctx, id, func(r *record) error {
		before = r.IntegrationID
		r.IntegrationID, r.AccountID, r.AccountName = integrationID, accountID, name
		r.ConnectedAt = time.Now().UTC().Truncate(time.Millisecond)
		return nil
	})
	if err != nil {
		return fmt.Errorf("record login: %w", err)
	}
	failed := d.indexAll(ctx, r)
	for _, set := range r.sets() {
		failed = errors.Join(failed, d.db.SAdd(ctx, set, id).Err())
	}
	if before != "" && before != integrationID {
		failed = errors.Join(failed, d.db.SRem(ctx, integrationKey(before), id).Err())
	}
	return store.Wrap("record login", failed)
}

// Expect names the integration of a tenant's first login before it has happened, so that a rule that names only that
// integration finds the tenant. Without the login the tenant still expires.
func (d *Directory) Expect(ctx context.Context, id, integrationID string) error {
	_, err := d.update(ctx, id, func(r *record) error {
		r.IntegrationID = integrationID
		return nil
	})
	if err == nil {
		err = d.db.SAdd(ctx, integrationKey(integrationID), id).Err()
	}
	return store.Wrap("expect login", err)
}

// Adopt lets the credential of the tenant fresh open the tenant into instead of into's old one, which opens nothing any
// more. into keeps its id, and with it links, settings and trigger key, and takes over fresh's helpdesk token and address;
// fresh is gone. Both must belong to the same amoCRM address. It may be repeated after an error.
func (d *Directory) Adopt(ctx context.Context, fresh, into string) error {
	if fresh == into {
		return nil
	}
	from, err := d.load(ctx, d.db, fresh)
	if err != nil {
		return fmt.Errorf("adopt tenant: %w", err)
	}
	var old []string
	r, err := d.update(ctx, into, func(r *record) error {
		if r.AmoBase != from.AmoBase {
			return fmt.Errorf("%s belongs to %s, %s to %s", fresh, from.AmoBase, into, r.AmoBase)
		}
		old = missing(r.Credentials, from.Credentials)
		r.Credentials, r.CredentialKeys = from.Credentials, from.CredentialKeys
		r.DeskToken, r.DeskBase = from.DeskToken, from.DeskBase
		r.Former = with(slices.Clone(r.Former), from.Former...)
		return nil
	})
	if err != nil {
		return fmt.Errorf("adopt tenant: %w", err)
	}
	if err := d.indexAll(ctx, r); err != nil {
		return fmt.Errorf("adopt tenant: %w", err)
	}
	if err := d.unindex(ctx, credentialKey, old, into); err != nil {
		return fmt.Errorf("adopt tenant: %w", err)
	}
	return d.remove(ctx, from) // leaves the credential, which leads to into by now
}

// Each calls visit with every connected tenant until it returns an error. A tenant that is connected or adopted meanwhile may
// be left out; none is visited twice.
func (d *Directory) Each(ctx context.Context, visit func(id string) error) error {
	visited := map[string]bool{}
	ids := d.db.SScan(ctx, store.Shared(everyone), 0, "", 500).Iterator()
	for ids.Next(ctx) {
		id := ids.Val()
		if visited[id] { // SSCAN may repeat itself
			continue
		}
		visited[id] = true
		if err := visit(id); err != nil {
			return err
		}
	}
	return store.Wrap("list tenants", ids.Err())
}

// Remove deletes a tenant, and what leads to it. One that is gone already is no error.
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

// maxFormer bounds the former addresses of a tenant; the oldest go first.
const maxFormer = 8

// Move records that a tenant's amoCRM account has got another address. base must come from amoCRM itself and have passed the
// host rules. The tenant keeps its id, and with it everything that is stored under it. It may be repeated after an error.
// Errors: ErrNotFound.
//
// Which address opens the tenant afterwards:
//   - the former one still does, for blocks that nobody has edited. That gives nobody anything: it was never the address that
//     proved who asks, but the credential, and who has that could open the tenant before. Nothing is sent to the former
//     address any more: all that goes to amoCRM goes to AmoBase.
//   - the new one does as well, found by what the credential was called at the former one (opening.renamed). A tenant that such a block
//     has made meanwhile gives way as long as nobody has logged in there; it is left to expire, because rules may show its key.
//
// Another account may take the former address some day. Its company has a credential of its own, so it gets a tenant of its
// own, and this one is no longer in the list of that address' tenants. Only the very same credential keeps leading here; a
// company that gives its new account the old name must give the block another secret, and is shown this tenant's account until then.
func (d *Directory) Move(ctx context.Context, id, base string) error {
	r, err := d.update(ctx, id, func(r *record) error {
		if r.AmoBase == base {
			return nil
		}
		former := slices.DeleteFunc(slices.Clone(r.Former), func(f string) bool { return f == base || f == r.AmoBase })
		former = append(former, r.AmoBase)
		r.Former, r.AmoBase = former[max(0, len(former)-maxFormer):], base
		return nil
	})
	if err != nil {
		return fmt.Errorf("move tenant: %w", err)
	}
	var failed error
	if !r.ConnectedAt.IsZero() {
		failed = d.db.SAdd(ctx, accountKey(base), id).Err()
	}
	for _, former := range r.Former {
		failed = errors.Join(failed, d.db.SRem(ctx, accountKey(former), id).Err())
	}
	return store.Wrap("move tenant", failed)
}

// Present is an address in the tenant's account as it is now: what was written down before a renaming has a former host.
func (t Tenant) Present(address string) string {
	for _, former := range t.Former {
		if path, ok := strings.CutPrefix(address, former+"/"); ok {
			return t.AmoBase + "/" + path
		}
	}
	return address
}
