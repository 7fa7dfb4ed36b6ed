package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

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
	if failed != nil {
		return fmt.Errorf("move tenant: %w", failed)
	}
	return nil
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
