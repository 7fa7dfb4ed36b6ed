// Package tasks lists, makes and completes the open tasks of a deal. It refuses to know other kinds of tasks and whom they remind.
package tasks

import "github.com/sidecard/sidecard/internal/crm"

// Tasks are those of an account's deals.
type Tasks struct{ account *crm.Account }

// New returns the tasks of an account.
func New(a *crm.Account) *Tasks { return &Tasks{a} }
