package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Files is where everything is kept.
type Files struct {
	DB      *store.DB
	Tenants *tenant.Directory
	// Login returns how a tenant's login stands.
	Login func(ctx context.Context, tenantID string) (Login, error)
	// Firings counts a tenant's jobs by state.
	Firings  func(ctx context.Context, tenantID string) (ledger.Counts, error)
	Keepers  []Keeper
	Sections []Section
}

// Login is how a tenant's login stands, without secrets.
type Login struct {
	State     string // "none", "connected" or "lost"
	UserID    int64  // who logged in
	Refreshed time.Time
	Lost      string // why it is lost
	Refused   string // why it is refused without a word that it has ended
}

// Summary is what there is of a tenant, in short.
type Summary struct {
	ID          string          `json:"id"`
	Host        string          `json:"amo_host"`
	Former      []string        `json:"former_amo_hosts,omitempty"` // before the account was renamed
	Account     string          `json:"account,omitempty"`
	AccountID   int64           `json:"account_id,omitempty"`
	Integration string          `json:"integration,omitempty"`
	DeskBase    string          `json:"helpdesk_api,omitempty"`
	Created     time.Time       `json:"created_at"`
	Connected   time.Time       `json:"connected_at,omitzero"`
	ConnectedBy int64           `json:"connected_by_amocrm_user,omitempty"`
	Seen        time.Time       `json:"seen_at,omitzero"` // to the day
	Grant       string          `json:"grant"`            // "none", "connected" or "lost"
	GrantLost   string          `json:"grant_lost_because,omitempty"`
	Refused     string          `json:"grant_refused,omitempty"` // amoCRM refuses it for now without saying that it has ended
	Refreshed   time.Time       `json:"grant_refreshed_at,omitzero"`
	Firings     map[string]int  `json:"firings"`
	Links       int64           `json:"links"`
	FormerKey   time.Time       `json:"former_trigger_key_until,omitzero"`
	Settings    tenant.Settings `json:"settings"`
	Notices     map[string]any  `json:"notices,omitempty"`  // the section of that name
	Sections    map[string]any  `json:"sections,omitempty"` // the others, by name
}

// Section is a block's part of a tenant's settings.
type Section interface {
	Name() string
	// Shown returns what a tenant has chosen without secrets, nil for nothing.
	Shown(t tenant.Tenant) map[string]any
}

// Summary reads a tenant. Errors: tenant.ErrNotFound.
func (f Files) Summary(ctx context.Context, id string) (Summary, error) {
	t, err := f.Tenants.Get(ctx, id)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{
		ID: t.ID, Host: tenant.Host(t.AmoBase), Account: t.AccountName, AccountID: t.AccountID, Integration: t.IntegrationID,
		DeskBase: t.DeskBase, Created: t.CreatedAt, Connected: t.ConnectedAt, Seen: t.SeenAt, Settings: t.Settings, Sections: map[string]any{},
	}
	for _, section := range f.Sections {
		shown := section.Shown(t)
		switch {
		case shown == nil:
		case section.Name() == "notices":
			s.Notices = shown
		default:
			s.Sections[section.Name()] = shown
		}
	}
	for _, base := range t.Former {
		s.Former = append(s.Former, tenant.Host(base))
	}
	if t.FormerKey(time.Now()) != "" {
		s.FormerKey = t.OldTriggerEnd
	}
	login, err := f.Login(ctx, id)
	if err != nil {
		return s, fmt.Errorf("read grant of tenant %s: %w", id, err)
	}
	s.Grant, s.ConnectedBy, s.Refreshed, s.GrantLost, s.Refused = login.State, login.UserID, login.Refreshed, login.Lost, login.Refused
	c, err := f.Firings(ctx, id)
	if err != nil {
		return s, err
	}
	s.Firings = map[string]int{"accepted": c.Accepted, "working": c.Working, "held": c.Held, "failed": c.Failed, "done": c.Done, "dropped": c.Dropped}
	if s.Links, err = f.DB.HLen(ctx, store.Key(id, "links")).Result(); err != nil {
		return s, fmt.Errorf("count links: %w", err)
	}
	return s, nil
}

// TenantExport is everything that is stored of a tenant, without secrets.
type TenantExport struct {
	Tenant Summary
	Parts  Parts
	Cached map[string]any // read from the CRM
	Other  map[string]any // links, memory, marks: by the rest of the Redis key
}

// MarshalJSON implements json.Marshaler.
func (t TenantExport) MarshalJSON() ([]byte, error) {
	members := append([]member{{"tenant", t.Tenant}}, t.Parts.members()...)
	return object(append(members, member{"read_from_amocrm", t.Cached}, member{"other", t.Other}))
}

// Export collects what is stored of a tenant.
func (f Files) Export(ctx context.Context, id string) (out TenantExport, err error) {
	out.Cached, out.Other = map[string]any{}, map[string]any{}
	if out.Tenant, err = f.Summary(ctx, id); err != nil {
		return out, err
	}
	skipped := []string{"tenant", "lock"}
	for _, k := range f.Keepers {
		part, err := k.OfTenant(ctx, id)
		if err != nil {
			return out, err
		}
		if part.Name != "" {
			out.Parts = append(out.Parts, part)
		}
		skipped = append(skipped, k.Keys()...)
	}
	cache, base := store.NewCache(f.DB), store.Key(id)+":"
	err = f.DB.Walk(ctx, base+"*", func(keys []string) error {
		for _, key := range keys {
			name := strings.TrimPrefix(key, base)
			kind, _, _ := strings.Cut(name, ":")
			if slices.Contains(skipped, kind) {
				continue
			}
			if kind == "cache" {
				if got, ok := cache.Peek(ctx, key); ok {
					out.Cached[name] = got.Value
				}
				continue
			}
			value, err := plain(ctx, f.DB, key)
			if err != nil {
				return fmt.Errorf("read %s: %w", name, err)
			}
			out.Other[name] = value
		}
		return nil
	})
	return out, err
}

// plain reads a key of any type.
func plain(ctx context.Context, db *store.DB, key string) (value any, err error) {
	switch kind, err := db.Type(ctx, key).Result(); {
	case err != nil:
		return nil, err
	case kind == "string":
		text, ok, err := store.Found(db.Get(ctx, key).Result())
		if ok && json.Valid([]byte(text)) {
			return json.RawMessage(text), nil
		}
		return text, err
	case kind == "hash":
		return db.HGetAll(ctx, key).Result()
	case kind == "set":
		return db.SMembers(ctx, key).Result()
	case kind == "zset":
		return db.ZRange(ctx, key, 0, -1).Result()
	case kind == "list":
		return db.LRange(ctx, key, 0, -1).Result()
	}
	return nil, nil // gone meanwhile
}

// Erase removes everything of a tenant and returns how many keys and entries went. First nobody finds it any more, then its
// data goes. It may be repeated.
func (f Files) Erase(ctx context.Context, id string) (removed int, err error) {
	if err := f.Tenants.Remove(ctx, id); err != nil && !errors.Is(err, store.ErrSealed) { // what can't be read can go
		return 0, err
	}
	for range 3 { // what was under way when it was removed may have come to rest by the second time
		n, err := f.DB.EraseTenant(ctx, id)
		if removed += n; err != nil || n == 0 {
			return removed, err
		}
	}
	return removed, nil
}
