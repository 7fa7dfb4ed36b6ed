// Package companies finds and makes companies by their names, ties contacts to them and reads their names for pages. It refuses to
// know what else a company has.
//
// Invariants:
//   - A company is found by exactly its name, case aside, and made only when there is none.
//   - Names are an ornament: no page fails or waits long for them.
package companies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/internal/store"
)

// Companies finds and makes the companies of an account.
type Companies struct{ account *crm.Account }

// New returns the companies of an account.
func New(a *crm.Account) *Companies { return &Companies{a} }

const (
	companyHits = 250 // a page: part of a name is found in many others
	nameRunes   = 100 // of a name that are searched for

	namesMax    = 100         // companies of one page: one call with the filter
	namesSingle = 5           // single reads when the account has no filters
	namesGrace  = time.Second // how long a page that is ready otherwise waits for them
)

// Join ties a new contact to the company of a name, which is made when the CRM has none. "" is no company.
func (cs *Companies) Join(ctx context.Context, contactID int64, name string, responsible int64) error {
	if name == "" {
		return nil
	}
	company, err := cs.companyFor(ctx, name, responsible)
	if err != nil {
		return err
	}
	_, err = cs.account.Writes().Once(ctx, crm.Write{
		Mark: []string{"company of contact", crm.Decimal(contactID), crm.Decimal(company)},
		Send: func(ctx context.Context) (int64, error) {
			return company, cs.account.API().LinkCompany(ctx, amocrm.ID(contactID), amocrm.ID(company))
		},
		Look: func(ctx context.Context, _ time.Time) (int64, error) {
			c, err := cs.account.API().Contact(ctx, amocrm.ID(contactID))
			if err != nil || !slices.Contains(c.CompanyIDs, amocrm.ID(company)) {
				return 0, err
			}
			return company, nil
		},
	})
	return store.Wrap(fmt.Sprintf("join company %d", company), err)
}

// companyFor finds the company of a name or makes it. One writer at a time does so for a name.
func (cs *Companies) companyFor(ctx context.Context, name string, responsible int64) (int64, error) {
	waiting, cancel := context.WithTimeout(ctx, crm.WriteTime)
	defer cancel()
	unlock, err := cs.account.Memory().LockCompany(waiting, name)
	if err != nil {
		return 0, fmt.Errorf("lock company: %w", err)
	}
	defer unlock()
	id, err := cs.companyNamed(waiting, name)
	if err != nil {
		return 0, fmt.Errorf("find company: %w", err)
	}
	if id != 0 {
		return id, nil
	}
	id, err = cs.account.Writes().Once(ctx, crm.Write{
		Mark: []string{"company", crm.FoldName(name)},
		Send: func(ctx context.Context) (int64, error) {
			made, err := cs.account.API().CreateCompanies(ctx, []amocrm.CompanyInput{{Name: name, ResponsibleID: amocrm.ID(responsible)}})
			return crm.FirstID(made), err
		},
		// Whoever made it: a company of that name is what was wanted.
		Look: func(ctx context.Context, _ time.Time) (int64, error) { return cs.companyNamed(ctx, name) },
	})
	if err != nil {
		return 0, fmt.Errorf("create company: %w", err)
	}
	if err := cs.account.Memory().RememberCompany(ctx, name, id); err != nil {
		cs.account.Log().WarnContext(ctx, "new company not remembered", "error", err)
	}
	return id, nil
}

// companyNamed finds the company of exactly this name, in any case; of several the most recently updated. One made
// within a day is found although the CRM's search lags. 0 when there is none.
func (cs *Companies) companyNamed(ctx context.Context, name string) (int64, error) {
	found, err := cs.account.API().SearchCompanies(ctx, runes.First(name, nameRunes), companyHits)
	if err != nil {
		return 0, err
	}
	var best amocrm.Company
	for _, c := range found {
		if sameCompany(c, name) && (best.ID == 0 || c.UpdatedAt > best.UpdatedAt || c.UpdatedAt == best.UpdatedAt && c.ID > best.ID) {
			best = c
		}
	}
	if best.ID != 0 {
		return int64(best.ID), nil
	}
	made, err := cs.account.Memory().CompanyOf(ctx, name)
	if err != nil || made == 0 {
		return 0, err
	}
	c, err := cs.account.API().Company(ctx, amocrm.ID(made))
	if errors.Is(err, amocrm.ErrNotFound) || err == nil && !sameCompany(c, name) {
		return 0, nil
	}
	return made, err
}

func sameCompany(c amocrm.Company, name string) bool {
	return !c.IsDeleted && strings.EqualFold(strings.TrimSpace(c.Name), strings.TrimSpace(name))
}

// CompanyNamed is the company of exactly this name (case aside), which is made when there is none: for
// LeadLinks.Companies of a deal.
func (cs *Companies) CompanyNamed(ctx context.Context, name string) (companyID int64, err error) {
	return cs.companyFor(ctx, runes.First(strings.TrimSpace(name), crm.MaxNameRunes), 0)
}

// NamesBeside begins to read the names of companies and returns how to get them. The names are an ornament: who calls
// has what matters by then and waits a second at most, those not read by then are absent, and the reading goes on into
// the cache. The returned function must be called.
func (cs *Companies) NamesBeside(ctx context.Context, ids []int64, hint bool) func() map[int64]string {
	if len(ids) == 0 {
		return func() map[int64]string { return nil }
	}
	ctx, stop := context.WithCancel(ctx)
	got := make(chan map[int64]string, 1)
	go func() { got <- cs.companyNames(ctx, ids, hint) }()
	return func() map[int64]string {
		defer stop()
		late := time.AfterFunc(namesGrace, stop)
		defer late.Stop()
		return <-got
	}
}

// companyNames reads the names of companies: with the filter in one call where the account honours it (see leads), else
// the newest five one by one. What can't be read is absent; a name of yesterday is better than none.
func (cs *Companies) companyNames(ctx context.Context, ids []int64, hint bool) map[int64]string {
	kept := crm.NewestIDs(ids, namesMax)
	filtered, err := cs.account.FilterWorks(ctx, hint, len(kept))
	if err != nil {
		cs.namesMissing(err)
		return nil
	}
	if filtered {
		names, err := cs.filteredNames(ctx, kept)
		if !errors.Is(err, amocrm.ErrFilterOff) {
			cs.namesMissing(err)
			return names
		}
		if err := cs.account.NoteFilter(ctx, "off"); err != nil {
			cs.namesMissing(err)
			return names
		}
	}
	return cs.singleNames(ctx, kept[:min(len(kept), namesSingle)])
}

func (cs *Companies) filteredNames(ctx context.Context, ids []int64) (map[int64]string, error) {
	parts := make([]string, 0, len(ids))
	for _, id := range ids {
		parts = append(parts, crm.Decimal(id))
	}
	key := cs.account.Keys().Cache("companies", strings.Join(parts, ","))
	got, err := store.Fetch(ctx, cs.account.Cache(), key, cs.account.NamesAge(), func(ctx context.Context) (map[int64]string, error) {
		found, err := cs.account.API().Companies(ctx, crm.IDs[amocrm.ID](ids))
		names := map[int64]string{}
		for _, c := range found {
			names[int64(c.ID)] = strings.TrimSpace(c.Name)
		}
		return names, err
	})
	return got.Value, cmp.Or(err, got.Err)
}

// singleNames reads companies one by one in parallel, each into a cache of its own.
func (cs *Companies) singleNames(ctx context.Context, ids []int64) map[int64]string {
	var mu sync.Mutex
	var all sync.WaitGroup
	names := map[int64]string{}
	for _, id := range ids {
		all.Go(func() {
			got, err := store.Fetch(ctx, cs.account.Cache(), cs.account.Keys().Company(id), cs.account.NamesAge(), func(ctx context.Context) (string, error) {
				c, err := cs.account.API().Company(ctx, amocrm.ID(id))
				if errors.Is(err, amocrm.ErrNotFound) {
					return "", nil
				}
				return strings.TrimSpace(c.Name), err
			})
			cs.namesMissing(cmp.Or(err, got.Err))
			mu.Lock()
			defer mu.Unlock()
			names[id] = got.Value
		})
	}
	all.Wait()
	return names
}

func (cs *Companies) namesMissing(err error) {
	if err != nil {
		cs.account.Log().Info("names of companies not read", "error", err)
	}
}
