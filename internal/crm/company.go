package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/runes"
)

const (
	companyHits = 250 // a page: part of a name is found in many others
	nameRunes   = 100 // of a name that are searched for
)

// joinCompany ties a new contact to the company of a name, which is made when the CRM has none. "" is no company.
func (a *Account) joinCompany(ctx context.Context, contactID int64, name string, responsible int64) error {
	if name == "" {
		return nil
	}
	company, err := a.companyFor(ctx, name, responsible)
	if err != nil {
		return err
	}
	_, err = a.Writes().Once(ctx, Write{
		Mark: []string{"company of contact", Decimal(contactID), Decimal(company)},
		Send: func(ctx context.Context) (int64, error) {
			return company, a.API().LinkCompany(ctx, amocrm.ID(contactID), amocrm.ID(company))
		},
		Look: func(ctx context.Context, _ time.Time) (int64, error) {
			c, err := a.API().Contact(ctx, amocrm.ID(contactID))
			if err != nil || !slices.Contains(c.CompanyIDs, amocrm.ID(company)) {
				return 0, err
			}
			return company, nil
		},
	})
	if err != nil {
		return fmt.Errorf("join company %d: %w", company, err)
	}
	return nil
}

// companyFor finds the company of a name or makes it. One writer at a time does so for a name.
func (a *Account) companyFor(ctx context.Context, name string, responsible int64) (int64, error) {
	waiting, cancel := context.WithTimeout(ctx, writeFor)
	defer cancel()
	unlock, err := a.Memory().LockCompany(waiting, name)
	if err != nil {
		return 0, fmt.Errorf("lock company: %w", err)
	}
	defer unlock()
	id, err := a.companyNamed(waiting, name)
	if err != nil {
		return 0, fmt.Errorf("find company: %w", err)
	}
	if id != 0 {
		return id, nil
	}
	id, err = a.Writes().Once(ctx, Write{
		Mark: []string{"company", foldName(name)},
		Send: func(ctx context.Context) (int64, error) {
			made, err := a.API().CreateCompanies(ctx, []amocrm.CompanyInput{{Name: name, ResponsibleID: amocrm.ID(responsible)}})
			return firstID(made), err
		},
		// Whoever made it: a company of that name is what was wanted.
		Look: func(ctx context.Context, _ time.Time) (int64, error) { return a.companyNamed(ctx, name) },
	})
	if err != nil {
		return 0, fmt.Errorf("create company: %w", err)
	}
	if err := a.Memory().RememberCompany(ctx, name, id); err != nil {
		a.Log().WarnContext(ctx, "new company not remembered", "error", err)
	}
	return id, nil
}

// companyNamed finds the company of exactly this name, in any case; of several the most recently updated. One made
// within a day is found although the CRM's search lags. 0 when there is none.
func (a *Account) companyNamed(ctx context.Context, name string) (int64, error) {
	found, err := a.API().SearchCompanies(ctx, runes.First(name, nameRunes), companyHits)
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
	made, err := a.Memory().CompanyOf(ctx, name)
	if err != nil || made == 0 {
		return 0, err
	}
	c, err := a.API().Company(ctx, amocrm.ID(made))
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
func (a *Account) CompanyNamed(ctx context.Context, name string) (companyID int64, err error) {
	return a.companyFor(ctx, runes.First(strings.TrimSpace(name), MaxNameRunes), 0)
}
