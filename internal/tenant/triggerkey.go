package tenant

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"
)

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
