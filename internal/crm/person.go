package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

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
}

// DataOf collects what is kept of a client: his link, what was made for him, and what was read from the CRM of his contacts
// and deals. deals are further deals that are known to be his.
func DataOf(ctx context.Context, db *store.DB, tenantID string, clientID int64, deals []int64) (ClientData, error) {
	a := kept(db, tenantID)
	d := ClientData{Deals: slices.Clone(deals), Cached: map[string]any{}}
	mem, err := a.recall(ctx, clientID)
	if err != nil {
		return d, err
	}
	if d.LinkedContact, d.LinkGone = mem.link, mem.linkGone; mem.link != 0 {
		d.Contacts = append(d.Contacts, mem.link)
	}
	d.Contacts, d.Deals = append(d.Contacts, mem.contacts...), append(d.Deals, mem.deals...)
	if d.Made, err = db.ZRange(ctx, a.Keys().Made(clientID), 0, -1).Result(); err != nil && !errors.Is(err, redis.Nil) {
		return d, fmt.Errorf("read what was made for the client: %w", err)
	}
	cache := store.NewCache(db)
	err = db.Walk(ctx, a.Keys().People(clientID)+":*", func(keys []string) error {
		for _, key := range keys {
			if got, ok := cache.Peek(ctx, key); ok {
				d.Cached[strings.TrimPrefix(key, a.Keys().Cache()+":")] = got.Value
				d.learn(got.Value)
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
	for _, key := range a.ofPerson(d) {
		if got, ok := cache.Peek(ctx, key); ok {
			d.Cached[strings.TrimPrefix(key, a.Keys().Cache()+":")] = got.Value
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

// ofPerson are the cache keys of a person's deals and contacts.
func (a *Account) ofPerson(d ClientData) []string {
	var keys []string
	for _, id := range d.Deals {
		keys = append(keys, a.Keys().Deal(id), a.Keys().Feed(id), a.Keys().Tasks(id))
	}
	for _, id := range d.Contacts {
		keys = append(keys, a.Keys().ContactName(id))
	}
	return keys
}

// EraseClient removes what DataOf finds. The tenant's whole cache goes: other pages may show the person, too, and it fills
// again by itself.
func EraseClient(ctx context.Context, db *store.DB, tenantID string, clientID int64, d ClientData) (removed int, err error) {
	a := kept(db, tenantID)
	n, err := db.HDel(ctx, a.Keys().Links(), Decimal(clientID)).Result()
	if err != nil {
		return 0, fmt.Errorf("remove link: %w", err)
	}
	removed = int(n)
	keys := []string{a.Keys().Made(clientID), a.Keys().Gone(clientID), Keys(tenantID).Changes()} // the last is a list of ids of ten minutes
	for _, id := range d.Deals {
		keys = append(keys, a.Keys().HelpdeskNotes(id), a.Keys().Own("leads", id, AspectNote), a.Keys().Own("leads", id, AspectData))
	}
	for _, id := range d.Contacts {
		keys = append(keys, a.Keys().Own("contacts", id, AspectNote), a.Keys().Own("contacts", id, AspectData))
	}
	if n, err = db.Unlink(ctx, keys...).Result(); err != nil { // of one tenant, so in one cluster slot
		return removed, fmt.Errorf("erase client: %w", err)
	}
	removed += int(n)
	for _, list := range []string{a.Keys().MadeLine("*"), a.Keys().Cache() + ":*"} { // the first are of ten minutes
		gone, err := db.Unlinked(ctx, list)
		if removed += gone; err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// kept is an Account that can reach what is stored, and not the CRM.
func kept(db *store.DB, tenantID string) *Account {
	a := &Account{b: &Bridge{Deps: Deps{DB: db}}}
	a.tenant.ID = tenantID
	return a
}
