package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sidecard/sidecard/store"
	"github.com/sidecard/sidecard/tenant"
	"github.com/sidecard/sidecard/triggers"
)

type triggersCmd struct {
	config
	Tenant string `help:"Id of the tenant, or its amoCRM host. May be left out when there is only one."`
	JSON   bool   `help:"Print JSON instead of a table."`

	List  triggersListCmd  `cmd:"" help:"List firings, newest first."`
	Show  triggersShowCmd  `cmd:"" help:"Show one firing with its timeline and request."`
	Retry triggersRetryCmd `cmd:"" help:"Start a failed firing, or all of them, anew."`
	Edit  triggersEditCmd  `cmd:"" help:"Replace the request of a failed or held firing and start it anew."`
	Drop  triggersDropCmd  `cmd:"" help:"End a firing without a deal."`
	Adopt triggersAdoptCmd `cmd:"" help:"Say which deal is a firing's, when its answer was lost and more than one may be it."`
}

// inbox is one tenant's firings, opened for a command.
type inbox struct {
	service *triggers.Service
	tenant  tenant.Tenant
	out     io.Writer
	in      io.Reader
	json    bool
}

// run opens the inbox for do.
func (cmd *triggersCmd) run(ctx context.Context, do func(inbox) error) error {
	return cmd.opened(ctx, func(_ settings, db *store.DB) error {
		tenants := tenant.NewDirectory(db)
		t, err := chosenTenant(ctx, tenants, cmd.Tenant)
		if err != nil {
			return err
		}
		return do(inbox{triggers.NewService(triggers.Deps{DB: db, Tenants: tenants}), t, os.Stdout, os.Stdin, cmd.JSON})
	})
}

// chosenTenant finds a tenant by its id, a connected one also by its amoCRM host; the only connected one when name is empty.
func chosenTenant(ctx context.Context, tenants *tenant.Directory, name string) (tenant.Tenant, error) {
	var found []tenant.Tenant
	var all []string
	err := tenants.Each(ctx, func(id string) error {
		t, err := tenants.Get(ctx, id)
		if err != nil {
			return err
		}
		all = append(all, id+" "+hostOf(t.AmoBase))
		if name == "" || name == id || strings.EqualFold(name, hostOf(t.AmoBase)) || strings.EqualFold(name, t.AmoBase) {
			found = append(found, t)
		}
		return nil
	})
	if err == nil && len(found) == 0 && name != "" { // one that was never connected has firings too, and no place in the list
		t, getErr := tenants.Get(ctx, name)
		if getErr == nil {
			found = append(found, t)
		} else if !errors.Is(getErr, tenant.ErrNotFound) {
			err = getErr
		}
	}
	switch {
	case err != nil:
		return tenant.Tenant{}, fmt.Errorf("find tenant: %w", err)
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0:
		return tenant.Tenant{}, errors.New("no tenant is connected yet: open a ticket with the block and log in")
	case len(found) == 0:
		return tenant.Tenant{}, fmt.Errorf("--tenant: none is %q; there are:\n%s", name, strings.Join(all, "\n"))
	case name == "":
		return tenant.Tenant{}, fmt.Errorf("--tenant: say which one of:\n%s", strings.Join(all, "\n"))
	}
	return tenant.Tenant{}, fmt.Errorf("--tenant: %q is more than one, give the id of one of:\n%s", name, strings.Join(all, "\n"))
}

func hostOf(base string) string {
	_, host, _ := strings.Cut(base, "://")
	return strings.TrimSuffix(host, "/")
}

// said prints what was done to a firing, as it stands now.
func (i inbox) said(ctx context.Context, id, done string) error {
	e, err := i.service.Get(ctx, i.tenant.ID, id)
	if err != nil {
		return err
	}
	if i.json {
		return i.encode(shownFiring(e))
	}
	_, err = fmt.Fprintf(i.out, "%s %s: %s\n", e.ID, done, e.State)
	return err
}
