package deals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/runes"
)

const (
	dealsMax      = 500 // of one client
	dealsPerCall  = 100 // ids in one filter; chunks go in parallel, so that depth stays one
	singlesMax    = 20  // single reads when the account has no filters
	singlesAtOnce = 7
)

const (
	searchShown = 20
	searchRunes = 100 // of what is searched for
)

// SearchDeals lists deals for a text that a person typed, in amoCRM's order, after the one that has it as its id. Whoever has a
// whole phone or e-mail address is found as a contact: nil.
func (ds *Deals) SearchDeals(ctx context.Context, text string) ([]Deal, error) {
	text = runes.First(strings.TrimSpace(text), searchRunes)
	if text == "" {
		return nil, crm.ErrEmptyQuery
	}
	meta, err := ds.account.Vocabulary(ctx, crm.PartNames)
	if err != nil {
		return nil, fmt.Errorf("search deals: %w", err)
	}
	if email.Valid(text) || phone.Certain(text, ds.account.Region(meta.Account.Country)) {
		return nil, nil
	}
	var g errgroup.Group
	var named, found []amocrm.Lead
	if id := crm.ParseID(strings.TrimLeft(text, "#№ ")); id > 0 {
		g.Go(func() error {
			lead, err := ds.account.Lead(ctx, id)
			if err == nil {
				named = append(named, lead)
			} else if !errors.Is(err, crm.ErrGone) {
				return err
			}
			return nil
		})
	}
	g.Go(func() (err error) { found, err = ds.account.API().SearchLeads(ctx, text, searchShown); return err })
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("search deals: %w", err)
	}
	var out []Deal
	for _, l := range append(named, found...) {
		if !l.IsDeleted && !slices.ContainsFunc(out, func(d Deal) bool { return d.ID == int64(l.ID) }) {
			out = append(out, FromLead(ds.account.API().Base(), meta, l))
		}
	}
	return out, nil
}

// LeadsRead is the outcome of reading leads by id. Unread ids were left out on purpose; ids in neither are gone.
type LeadsRead struct {
	Leads  map[int64]amocrm.Lead
	Unread map[int64]bool
}

// Leads reads leads by id: with the filter in one call where the account honours it, else the newest twenty one by one.
// Which of both works is remembered for a day; hint is what the account says of itself (amocrm.md §4.4). Those in must
// were made a moment ago and are read singly when a filtered list lags.
func (ds *Deals) Leads(ctx context.Context, ids, must []int64, hint bool) (LeadsRead, error) {
	r := LeadsRead{Leads: map[int64]amocrm.Lead{}, Unread: map[int64]bool{}}
	kept := crm.NewestIDs(ids, dealsMax)
	for _, id := range ids {
		r.Unread[id] = true
	}
	for _, id := range kept {
		delete(r.Unread, id)
	}
	if len(kept) == 0 {
		return r, nil
	}
	filtered, err := ds.account.FilterWorks(ctx, hint, len(kept))
	if err != nil {
		return r, err
	}
	if filtered {
		found, err := ds.filteredLeads(ctx, kept)
		switch {
		case err == nil:
			for _, l := range found {
				r.Leads[int64(l.ID)] = l
			}
			if err := ds.account.NoteFilter(ctx, "on"); err != nil {
				return r, err
			}
			return r, ds.singleLeads(ctx, missing(must, r.Leads), r.Leads)
		case !errors.Is(err, amocrm.ErrFilterOff):
			return r, fmt.Errorf("read deals: %w", err)
		}
		if err := ds.account.NoteFilter(ctx, "off"); err != nil {
			return r, err
		}
	}
	few := crm.NewestIDs(kept, singlesMax)
	for _, id := range kept[len(few):] {
		r.Unread[id] = true
	}
	return r, ds.singleLeads(ctx, few, r.Leads)
}

func missing(ids []int64, have map[int64]amocrm.Lead) []int64 {
	var out []int64
	for _, id := range ids {
		if _, ok := have[id]; !ok {
			out = append(out, id)
		}
	}
	out = crm.NewestIDs(out, singlesMax)
	return out
}

func (ds *Deals) filteredLeads(ctx context.Context, ids []int64) ([]amocrm.Lead, error) {
	var mu sync.Mutex
	var out []amocrm.Lead
	g, ctx := errgroup.WithContext(ctx)
	for start := 0; start < len(ids); start += dealsPerCall {
		chunk := ids[start:min(start+dealsPerCall, len(ids))]
		g.Go(func() error {
			got, err := ds.account.API().Leads(ctx, crm.IDs[amocrm.ID](chunk))
			mu.Lock()
			defer mu.Unlock()
			out = append(out, got...)
			return err
		})
	}
	return out, g.Wait()
}

// singleLeads reads leads one by one in parallel; those that do not exist are left out.
func (ds *Deals) singleLeads(ctx context.Context, ids []int64, into map[int64]amocrm.Lead) error {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(singlesAtOnce)
	for _, id := range ids {
		g.Go(func() error {
			l, err := ds.account.API().Lead(ctx, amocrm.ID(id))
			if errors.Is(err, amocrm.ErrNotFound) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("read deal %d: %w", id, err)
			}
			mu.Lock()
			defer mu.Unlock()
			into[id] = l
			return nil
		})
	}
	return g.Wait()
}

// OpenDeal is the newest deal of a contact that is neither won nor lost, of those that the contact's card lists; ok is false when
// there is none. It asks the CRM anew: a deal made a moment ago counts.
func (ds *Deals) OpenDeal(ctx context.Context, contactID int64) (newest Deal, ok bool, err error) {
	meta, err := ds.account.Vocabulary(ctx, crm.PartNames)
	if err != nil {
		return Deal{}, false, fmt.Errorf("find open deal: %w", err)
	}
	c, err := ds.account.API().Contact(ctx, amocrm.ID(contactID))
	if errors.Is(err, amocrm.ErrNotFound) || err == nil && len(c.LeadIDs) == 0 {
		return Deal{}, false, nil
	}
	if err != nil {
		return Deal{}, false, fmt.Errorf("find open deal: %w", err)
	}
	read, err := ds.Leads(ctx, crm.IDs[int64](c.LeadIDs), nil, meta.Account.FilterEnabled)
	if err != nil {
		return Deal{}, false, fmt.Errorf("find open deal: %w", err)
	}
	for _, l := range read.Leads {
		d := FromLead(ds.account.API().Base(), meta, l)
		if l.IsDeleted || d.State != Open {
			continue
		}
		if !ok || d.CreatedAt.After(newest.CreatedAt) || d.CreatedAt.Equal(newest.CreatedAt) && d.ID > newest.ID {
			newest, ok = d, true
		}
	}
	return newest, ok, nil
}
