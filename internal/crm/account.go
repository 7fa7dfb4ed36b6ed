package crm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Account is one tenant's view of its amoCRM account for one request or one batch of work: make a new one each time. It
// is safe for concurrent use.
type Account struct {
	*reads
	deps   *Deps
	tenant tenant.Tenant
	api    *amocrm.Client
	writer string // whose writes are marked as own, "" for no mark
	index  *Index
	parts  *sync.Map // of the vocabulary that were read, by their names
}

// NewAccount returns a tenant's account over a client that is paced and authorised. It takes every cached read for new
// enough by its usual measure; Accounts.Open also knows what has been invalidated.
func NewAccount(d Deps, t tenant.Tenant, api *amocrm.Client) *Account {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.LookAgain == nil {
		d.LookAgain = []time.Duration{0, 1500 * time.Millisecond}
	}
	a := &Account{reads: &reads{db: d.DB, cache: d.Cache, keys: Keys(t.ID)}, deps: &d, tenant: t, api: api, parts: &sync.Map{}}
	a.index = &Index{account: a}
	return a
}

// API is the account's connector: paced, authorised, past all caches.
func (a *Account) API() *amocrm.Client { return a.api }

// Index finds the account's contacts by their phones and e-mail addresses.
func (a *Account) Index() *Index { return a.index }

// DB and Cache are where the account's keys are kept.
func (a *Account) DB() *store.DB       { return a.deps.DB }
func (a *Account) Cache() *store.Cache { return a.deps.Cache }

// Log names the tenant in what is logged.
func (a *Account) Log() *slog.Logger { return a.deps.Log.With("tenant", a.tenant.ID) }

// Keys names what is stored of the account.
func (a *Account) Keys() Keys { return a.keys }

// Memory is what is known of the clients without asking the CRM.
func (a *Account) Memory() Memory { return NewMemory(a.deps.DB, a.tenant.ID) }

// Tenant is the tenant as it was when the Account was made, at the address where its calls have found the account since.
func (a *Account) Tenant() tenant.Tenant {
	t := a.tenant
	t.AmoBase = a.api.Base()
	return t
}

// Settings are the tenant's.
func (a *Account) Settings() tenant.Settings { return a.tenant.Settings }

// Region is where phones without a country code are read: the tenant's choice, else the account's country, else RU.
func (a *Account) Region(country string) string {
	return phone.Region(a.tenant.Settings.Region, country)
}

// Lead reads a deal past the cache. ErrGone when there is no such deal.
func (a *Account) Lead(ctx context.Context, id int64) (amocrm.Lead, error) {
	lead, err := a.api.Lead(ctx, amocrm.ID(id))
	if errors.Is(err, amocrm.ErrNotFound) || err == nil && lead.IsDeleted {
		return lead, ErrGone
	}
	return lead, err
}

// Contact reads a contact past the cache. ErrGone when there is no such contact.
func (a *Account) Contact(ctx context.Context, id int64) (amocrm.Contact, error) {
	contact, err := a.api.Contact(ctx, amocrm.ID(id))
	if errors.Is(err, amocrm.ErrNotFound) || err == nil && contact.IsDeleted {
		return contact, ErrGone
	}
	return contact, err
}

// Lock lets one writer at a time do something, over all replicas. As every such lock it may fail, so holders look at what
// exists after they get it.
func (a *Account) Lock(ctx context.Context, kind, name string) (unlock func(), err error) {
	return a.deps.DB.Lock(ctx, a.keys.Lock(kind, name), lockFor)
}

// ContactURL is the address of a contact's card in the CRM.
func (a *Account) ContactURL(id int64) string { return CardURL(a.api.Base(), "contacts", id) }

// DealURL is the address of a deal's card in the CRM.
func (a *Account) DealURL(id int64) string { return CardURL(a.api.Base(), "leads", id) }

// CompanyURL is the address of a company's card in the CRM.
func (a *Account) CompanyURL(id int64) string { return CardURL(a.api.Base(), "companies", id) }

// CardURL is the address of a card at an account's address.
func CardURL(base, entity string, id int64) string {
	return strings.TrimRight(base, "/") + "/" + entity + "/detail/" + strconv.FormatInt(id, 10)
}

const (
	probeOver = 4 // more ids than this are worth a try whether the filter works after all
	filterFor = 24 * time.Hour
)

// FilterWorks decides whether to try the filter. Without experience the account's own word counts, but for many ids a
// wrong no costs more than a vain try.
func (a *Account) FilterWorks(ctx context.Context, hint bool, n int) (bool, error) {
	if n == 1 {
		return false, nil // a single read is as cheap and always works
	}
	known, err := a.DB().Get(ctx, a.Keys().Filter()).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, fmt.Errorf("read what is known of filters: %w", err)
	}
	switch known {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	return hint || n > probeOver, nil
}

// contactsAtOnce is how many contacts are read side by side where there are no filters.
const contactsAtOnce = 50

// Contacts reads contacts, in few calls where the account has filters. gone are those that the CRM has no more.
func (a *Account) Contacts(ctx context.Context, ids []int64) (found []amocrm.Contact, gone []int64, err error) {
	if len(ids) == 0 {
		return nil, nil, nil
	}
	filtered, err := a.FilterWorks(ctx, false, len(ids))
	if err != nil {
		return nil, nil, err
	}
	if filtered {
		found, err = a.API().ContactsByID(ctx, IDs[amocrm.ID](ids))
		switch {
		case err == nil:
			return found, Filter(ids, func(id int64) bool {
				return !slices.ContainsFunc(found, func(c amocrm.Contact) bool { return int64(c.ID) == id })
			}), nil
		case !errors.Is(err, amocrm.ErrFilterOff):
			return nil, nil, fmt.Errorf("read contacts: %w", err)
		}
		if err := a.NoteFilter(ctx, "off"); err != nil {
			return nil, nil, err
		}
	}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(contactsAtOnce)
	for _, id := range ids {
		g.Go(func() error {
			got, err := a.Contact(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, ErrGone):
				gone = append(gone, id)
			case err != nil:
				return fmt.Errorf("read contact %d: %w", id, err)
			default:
				found = append(found, got)
			}
			return nil
		})
	}
	err = g.Wait()
	return found, gone, err
}

// NoteFilter stores for a day whether filters work, "on" or "off".
func (a *Account) NoteFilter(ctx context.Context, state string) error {
	if err := a.DB().Set(ctx, a.Keys().Filter(), state, filterFor).Err(); err != nil {
		return fmt.Errorf("store what is known of filters: %w", err)
	}
	return nil
}
