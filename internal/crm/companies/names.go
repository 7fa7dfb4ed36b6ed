package companies

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/store"
)

const (
	namesMax    = 100         // companies of one page: one call with the filter
	namesSingle = 5           // single reads when the account has no filters
	namesGrace  = time.Second // how long a page that is ready otherwise waits for them
)

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
