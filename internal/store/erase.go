package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// EraseTenant removes everything of a tenant and returns how many keys went: all keys with its hash tag; its entry in every
// shared set and sorted set; shared names that lead to it; and shared sealed values that say "tenant": "<its id>", with
// the keys that continue their names. What still works for it may write again: run it until it finds nothing.
func (db *DB) EraseTenant(ctx context.Context, tenantID string) (removed int, err error) {
	if tenantID == "" || strings.ContainsAny(tenantID, `*?[]\{}`) {
		return 0, errors.New("erase tenant: no id")
	}
	tag, owned := "{"+tenantID+"}", map[string]bool{}
	err = db.Walk(ctx, prefix+"*", func(keys []string) error {
		for _, key := range keys {
			if strings.Contains(key, tag) {
				owned[key] = true
				continue
			}
			if strings.Contains(key, "{") {
				continue // somebody else's
			}
			whole, n, err := db.disown(ctx, key, tenantID)
			if err != nil {
				return err
			}
			if removed += n; whole {
				owned[key] = true
			}
		}
		return nil
	})
	if err == nil {
		err = db.Walk(ctx, prefix+"*", func(keys []string) error {
			for _, key := range keys {
				if !strings.Contains(key, "{") && owned[parent(key)] {
					owned[key] = true
				}
			}
			return nil
		})
	}
	if err != nil {
		return removed, fmt.Errorf("erase tenant: %w", err)
	}
	for key := range owned {
		n, err := db.Unlink(ctx, key).Result() // one by one: they may lie in different cluster slots
		if err != nil {
			return removed, fmt.Errorf("erase tenant: %w", err)
		}
		removed += int(n)
	}
	return removed, nil
}

// parent is the key "sc:a:b" whose name "sc:a:b:c" continues.
func parent(key string) string {
	parts := strings.SplitN(key, ":", 4)
	return strings.Join(parts[:min(3, len(parts))], ":")
}

// disown takes a tenant out of a shared key, or reports that the whole key is the tenant's.
func (db *DB) disown(ctx context.Context, key, tenantID string) (whole bool, entries int, err error) {
	kind, err := db.Type(ctx, key).Result()
	if err != nil {
		return false, 0, err
	}
	var n int64
	switch kind {
	case "set":
		n, err = db.SRem(ctx, key, tenantID).Result()
	case "zset":
		n, err = db.ZRem(ctx, key, tenantID).Result()
	case "hash":
		n, err = db.HDel(ctx, key, tenantID).Result()
	case "string":
		var raw string
		if raw, err = db.Get(ctx, key).Result(); errors.Is(err, redis.Nil) {
			return false, 0, nil
		}
		whole = err == nil && (raw == tenantID || db.names(key, raw, tenantID))
	}
	return whole, int(n), err
}

// names reports whether a sealed value says whose it is, and that it is this tenant's.
func (db *DB) names(key, raw, tenantID string) bool {
	plain, err := db.ring.Open(raw, key)
	if err != nil {
		return false
	}
	var owner struct {
		Tenant string `json:"tenant"`
	}
	return json.Unmarshal(plain, &owner) == nil && owner.Tenant == tenantID
}

// Unlinked removes the keys that match a pattern, and says how many went.
func (db *DB) Unlinked(ctx context.Context, match string) (removed int, err error) {
	err = db.Walk(ctx, match, func(keys []string) error {
		for _, key := range keys {
			n, err := db.Unlink(ctx, key).Result()
			if err != nil {
				return err
			}
			removed += int(n)
		}
		return nil
	})
	if err != nil {
		return removed, fmt.Errorf("remove %s: %w", match, err)
	}
	return removed, nil
}
