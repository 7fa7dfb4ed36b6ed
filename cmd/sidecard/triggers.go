package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

type triggersCmd struct {
	*config
	Tenant string `help:"Id of the tenant, or its amoCRM host. May be left out when there is only one."`
	JSON   bool   `help:"Print JSON instead of a table."`

	List  triggersListCmd  `cmd:"" help:"List runs, newest first."`
	Show  triggersShowCmd  `cmd:"" help:"Show one run with its timeline and request."`
	Retry triggersRetryCmd `cmd:"" help:"Start a failed run, or all of them, anew."`
	Edit  triggersEditCmd  `cmd:"" help:"Replace the request of a failed or held run and start it anew."`
	Drop  triggersDropCmd  `cmd:"" help:"End a run without a deal."`
	Adopt triggersAdoptCmd `cmd:"" help:"Say which deal is a run's, when its answer was lost and more than one may be it."`
}

// inbox is one tenant's jobs, opened for a command.
type inbox struct {
	service *rules.Service
	tenant  tenant.Tenant
	out     io.Writer
	in      io.Reader
	json    bool
}

// run opens the inbox for do.
func (cmd *triggersCmd) run(ctx context.Context, do func(inbox) error) error {
	return cmd.opened(ctx, func(db *store.DB) error {
		tenants := tenant.NewDirectory(db)
		t, err := chosenTenant(ctx, tenants, cmd.Tenant)
		if err != nil {
			return err
		}
		return do(inbox{rules.NewService(rules.Deps{Deps: worker.Deps{DB: db, Tenants: tenants}}), t, os.Stdout, os.Stdin, cmd.JSON})
	})
}

// said prints what was done to a job, as it stands now.
func (i inbox) said(ctx context.Context, id, done string) error {
	e, err := i.service.Get(ctx, i.tenant.ID, id)
	if err != nil {
		return err
	}
	if i.json {
		return i.encode(i.shownJob(e))
	}
	_, err = fmt.Fprintf(i.out, "%s %s: %s\n", e.ID, done, e.State)
	return err
}
