package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/store"
)

// ClientData is all that is kept here of one helpdesk client.
type ClientData struct {
	LinkedContact int64          `json:"linked_contact,omitempty"`
	LinkGone      bool           `json:"link_dropped_lately,omitempty"`
	Made          []string       `json:"made_within_a_day,omitempty"` // "contact:1", "deal:2"
	Cached        map[string]any `json:"read_from_amocrm,omitempty"`  // by the key of the cache
	Contacts      []int64        `json:"contacts,omitempty"`
	Deals         []int64        `json:"deals,omitempty"`
	Indexed       []int64        `json:"contacts_in_the_index,omitempty"` // by keyed hashes of their phones and e-mails
}

// Data collects what is kept of a client: the link, what was made for the client, and what was read from the CRM of the
// client's contacts and deals. deals are further deals that are known to be the client's.
func (m Memory) Data(ctx context.Context, clientID int64, deals []int64) (ClientData, error) {
	d := ClientData{Deals: slices.Clone(deals), Cached: map[string]any{}}
	known, err := m.Recall(ctx, clientID)
	if err != nil {
		return d, err
	}
	if d.LinkedContact, d.LinkGone = known.Link, known.LinkGone; known.Link != 0 {
		d.Contacts = append(d.Contacts, known.Link)
	}
	d.Contacts, d.Deals = append(d.Contacts, known.Contacts...), append(d.Deals, known.Deals...)
	if d.Made, err = m.db.ZRange(ctx, m.keys.Made(clientID), 0, -1).Result(); err != nil && !errors.Is(err, redis.Nil) {
		return d, fmt.Errorf("read what was made for the client: %w", err)
	}
	cache := store.NewCache(m.db)
	take := func(key string) (json.RawMessage, bool) {
		got, ok := cache.Peek(ctx, key)
		if ok {
			d.Cached[strings.TrimPrefix(key, m.keys.Cache()+":")] = got.Value
		}
		return got.Value, ok
	}
	err = m.db.Walk(ctx, m.keys.People(clientID, "*"), func(keys []string) error {
		for _, key := range keys {
			if value, ok := take(key); ok {
				d.learn(value)
			}
		}
		return nil
	})
	if err != nil {
		return d, err
	}
	slices.Sort(d.Contacts)
	slices.Sort(d.Deals)
	d.Contacts, d.Deals = slices.Compact(d.Contacts), slices.Compact(d.Deals)
	for _, id := range d.Deals {
		take(m.keys.Deal(id))
		take(m.keys.Feed(id))
		take(m.keys.Tasks(id))
	}
	for _, id := range d.Contacts {
		take(m.keys.ContactName(id))
		in, err := m.db.HExists(ctx, m.keys.IndexContact(contactBucket(id)), Decimal(id)).Result()
		if err != nil {
			return d, fmt.Errorf("look into the index: %w", err)
		}
		if in {
			d.Indexed = append(d.Indexed, id)
		}
	}
	return d, nil
}

// learn takes the ids of contacts and deals out of a cached first screen.
func (d *ClientData) learn(raw json.RawMessage) {
	var p struct {
		Contacts []struct {
			ID    int64
			Deals []struct{ ID int64 }
		}
	}
	if json.Unmarshal(raw, &p) != nil {
		return // of another form: an older version's, which nobody reads any more
	}
	for _, c := range p.Contacts {
		d.Contacts = append(d.Contacts, c.ID)
		for _, deal := range c.Deals {
			d.Deals = append(d.Deals, deal.ID)
		}
	}
}

// Erase removes what Data finds and reports how much it was. The tenant's whole cache goes: other pages may show the person,
// too, and it fills again by itself.
func (m Memory) Erase(ctx context.Context, clientID int64, d ClientData) (removed int, err error) {
	n, err := m.db.HDel(ctx, m.keys.Links(), Decimal(clientID)).Result()
	if err != nil {
		return 0, fmt.Errorf("remove link: %w", err)
	}
	removed = int(n)
	keys := []string{m.keys.Made(clientID), m.keys.Gone(clientID), m.keys.Changes()} // the last is a list of ids of ten minutes
	for _, id := range d.Deals {
		keys = append(keys, m.keys.HelpdeskNotes(id), m.keys.Own("leads", id, AspectNote), m.keys.Own("leads", id, AspectData))
	}
	for _, id := range d.Contacts {
		keys = append(keys, m.keys.Own("contacts", id, AspectNote), m.keys.Own("contacts", id, AspectData))
	}
	if n, err = m.db.Unlink(ctx, keys...).Result(); err != nil { // of one tenant, so in one cluster slot
		return removed, fmt.Errorf("erase client: %w", err)
	}
	removed += int(n)
	form, err := m.db.HGet(ctx, m.keys.Index(), "form").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return removed, fmt.Errorf("erase client: %w", err)
	}
	var gone []indexed
	for _, id := range d.Indexed {
		gone = append(gone, indexed{mode: "set", id: id})
	}
	left, err := putIndex(ctx, m.db, m.keys, form, gone)
	if removed += left; err != nil {
		return removed, err
	}
	for _, list := range []string{m.keys.MadeLine("*"), m.keys.Cache("*")} { // the first are of ten minutes
		gone, err := m.db.Unlinked(ctx, list)
		if removed += gone; err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// Keeper shows and erases what the memory and the cache of accounts keep of a person.
type Keeper struct{ DB *store.DB }

// Keys implements privacy.Keeper: the login and the webhook's secret are not exported, nor is the index, which holds hashes.
func (Keeper) Keys() []string { return []string{"grant", "hook", "index"} }

// Recognise implements privacy.Keeper.
func (Keeper) Recognise(context.Context, privacy.Subject) error { return nil }

// OfPerson implements privacy.Keeper.
func (k Keeper) OfPerson(ctx context.Context, s privacy.Subject) (privacy.Part, error) {
	m := NewMemory(k.DB, s.TenantID)
	var deals []int64
	for id := range s.Deals {
		deals = append(deals, id)
	}
	kept, err := m.Data(ctx, s.ClientID, deals)
	return privacy.Part{Name: "kept", Value: kept, Erase: func(ctx context.Context) (int, error) { return m.Erase(ctx, s.ClientID, kept) }}, err
}

// OfTenant implements privacy.Keeper: a tenant's export has these keys as they are.
func (Keeper) OfTenant(context.Context, string) (privacy.Part, error) { return privacy.Part{}, nil }
