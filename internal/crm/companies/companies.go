package companies

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/internal/store"
)

const (
	companyHits = 250 // a page: part of a name is found in many others
	nameRunes   = 100 // of a name that are searched for
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
