package tenant

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// All calls visit with every stored tenant, those that were never connected, too. One that is made meanwhile may be left
// out; one may come twice.
func (d *Directory) All(ctx context.Context, visit func(id string) error) error {
	before, after, _ := strings.Cut(recordKey("*"), "*")
	return d.db.Walk(ctx, recordKey("*"), func(keys []string) error {
		for _, key := range keys {
			if err := visit(strings.TrimSuffix(strings.TrimPrefix(key, before), after)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reindexed reports what Reindex did, or would do.
type Reindexed struct {
	Changed bool // there was something to do
	Lacking bool // a name that the newest seal key gives it was missing, so that an older key is needed to find it
	// Unseen: the credential is a secret that was not seen since the newest seal key came. Secrets are not stored, so until
	// the next ticket is opened the tenant is found under a name that an older seal key made.
	Unseen bool
}

// Reindex makes a tenant found under the names that the newest seal key gives it, and with it those of the older keys of
// the ring, which replicas may still be using; names of keys that are gone are dropped. Without change it only looks. It
// may be repeated, and cut off anywhere. Errors: ErrNotFound.
func (d *Directory) Reindex(ctx context.Context, id string, change bool) (Reindexed, error) {
	r, err := d.load(ctx, d.db, id)
	if err != nil {
		return Reindexed{}, err
	}
	after := *r
	done := d.reindex(&after)
	if !change || !done.Changed {
		return done, nil
	}
	var gone record
	r, err = d.update(ctx, id, func(r *record) error {
		before := *r
		done = d.reindex(r)
		gone.Credentials = missing(before.Credentials, r.Credentials)
		gone.Triggers = append(missing(before.Triggers, r.Triggers), missing(before.OldTriggers, r.OldTriggers)...)
		return nil
	})
	if err != nil {
		return Reindexed{}, fmt.Errorf("name tenant %s anew: %w", id, err)
	}
	for _, step := range []func() error{
		func() error { return d.indexAll(ctx, r) },
		func() error { return d.keepFormer(ctx, r) },
		func() error { return d.unindex(ctx, credentialKey, gone.Credentials, id) },
		func() error { return d.unindex(ctx, triggerKey, gone.Triggers, id) },
	} {
		if err := step(); err != nil {
			return Reindexed{}, fmt.Errorf("name tenant %s anew: %w", id, err)
		}
	}
	return done, nil
}

// reindex changes the names in r, which stays otherwise as it is.
func (d *Directory) reindex(r *record) (done Reindexed) {
	newest := d.db.Ring().Newest()
	var names, newestNames []string // of the credential, when it is a token
	defer func(before record) {
		lacks := func(now, before []string) bool { return len(now) > 0 && !slices.Contains(before, now[0]) }
		done.Lacking = lacks(r.Triggers, before.Triggers) || lacks(r.OldTriggers, before.OldTriggers) ||
			len(missing(newestNames, before.Credentials)) > 0
	}(*r)
	if triggers := d.triggerFingerprints(r.TriggerKey); !same(r.Triggers, triggers) {
		r.Triggers, done.Changed = triggers, true
	}
	if former := r.FormerKey(time.Now()); former == "" && r.OldTriggerKey != "" {
		r.OldTriggerKey, r.OldTriggerEnd, r.OldTriggers, done.Changed = "", time.Time{}, nil, true
	} else if former != "" {
		if old := d.triggerFingerprints(former); !same(r.OldTriggers, old) {
			r.OldTriggers, done.Changed = old, true
		}
	}
	for _, base := range append([]string{r.AmoBase}, r.Former...) {
		// After a renaming a block may still give the former address, or not give the new one yet: only names that are there.
		byToken := d.credentialFingerprints(Credential{AmoBase: base, DeskToken: r.DeskToken})
		if r.DeskToken != "" && len(missing(byToken, r.Credentials)) < len(byToken) {
			names, newestNames = append(names, byToken...), append(newestNames, byToken[0])
		}
	}
	if len(names) == 0 {
		done.Unseen = !slices.Contains(r.CredentialKeys, newest)
		return done // a secret is the credential
	}
	if !same(r.Credentials, names) || !slices.Contains(r.CredentialKeys, newest) {
		r.Credentials, r.CredentialKeys, done.Changed = names, []string{newest}, true
	}
	return done
}

// keepFormer lets a former trigger key be found under the names of the present ring for the rest of its time.
func (d *Directory) keepFormer(ctx context.Context, r *record) error {
	left := time.Until(r.OldTriggerEnd)
	if left <= 0 {
		return nil
	}
	return d.index(ctx, triggerKey, slices.Clone(r.OldTriggers), r.ID, left)
}

// missing are the names that are in all but not in some.
func missing(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(some, name) })
}

func same(a, b []string) bool { return len(a) == len(b) && len(missing(a, b)) == 0 }
