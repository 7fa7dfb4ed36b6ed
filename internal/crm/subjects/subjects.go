// Package subjects joins an account with all its subjects, for what works with most of them.
package subjects

import (
	"context"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/companies"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/crm/tasks"
	"github.com/sidecard/sidecard/internal/store"
)

// The embedded types by names that none of their methods has.
type (
	peopleOf    = people.People
	contactsOf  = people.Contacts
	companiesOf = companies.Companies
	dealsOf     = deals.Deals
	feedsOf     = feed.Feeds
	fieldsOf    = fields.Fields
	tasksOf     = tasks.Tasks
)

// Account is an account with the methods of all its subjects.
type Account struct {
	*crm.Account
	*peopleOf
	*contactsOf
	*companiesOf
	*dealsOf
	*feedsOf
	*fieldsOf
	*tasksOf
}

// Of returns an account with its subjects.
func Of(a *crm.Account) *Account {
	return &Account{a, people.New(a), people.NewContacts(a), companies.New(a), deals.New(a), feed.New(a), fields.New(a), tasks.New(a)}
}

// Open opens a tenant's account with its subjects, as crm.Accounts.Open does, for a writer (crm.Account.WrittenBy), who may
// have no name.
func Open(ctx context.Context, b *crm.Accounts, tenantID string, p store.Priority, writer string) (*Account, error) {
	a, err := b.Open(ctx, tenantID, p)
	if err != nil {
		return nil, err
	}
	return Of(a.WrittenBy(writer)), nil
}
