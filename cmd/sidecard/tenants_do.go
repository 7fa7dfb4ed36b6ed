package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/internal/tenant"
)

type tenantsKeyCmd struct {
	Rotate bool `required:"" help:"Make the new key. A former key that still works ends at once."`
}

// Run gives a tenant a new trigger key.
func (cmd *tenantsKeyCmd) Run(ctx context.Context, root *tenantsCmd) error {
	return root.on(ctx, func(o office, t tenant.Tenant) error { return cmd.do(ctx, o, t) })
}

func (cmd *tenantsKeyCmd) do(ctx context.Context, o office, t tenant.Tenant) error {
	t, err := o.service.Tenants.NewTriggerKey(ctx, t.ID)
	if err != nil {
		return err
	}
	if o.json {
		return o.encode(map[string]any{"key": t.TriggerKey, "former_key_until": t.OldTriggerEnd})
	}
	_, err = fmt.Fprintf(o.out, "%s\nThe former key works until %s.\n", t.TriggerKey, t.OldTriggerEnd.Format(time.RFC3339))
	return err
}

type tenantsDisconnectCmd struct{}

// Run ends a tenant's login.
func (cmd *tenantsDisconnectCmd) Run(ctx context.Context, root *tenantsCmd) error {
	return root.on(ctx, func(o office, t tenant.Tenant) error { return cmd.do(ctx, o, t) })
}

func (cmd *tenantsDisconnectCmd) do(ctx context.Context, o office, t tenant.Tenant) error {
	if err := o.service.Grants.Disconnect(ctx, t.ID); err != nil {
		return err
	}
	s, err := o.files.Summary(ctx, t.ID)
	if err != nil {
		return err
	}
	if o.json {
		return o.encode(s)
	}
	_, err = fmt.Fprintf(o.out, "%s at %s: login %s, %d runs wait for the next one\n", t.ID, s.Host, s.Grant,
		s.Firings["held"]+s.Firings["accepted"]+s.Firings["working"])
	return err
}

type tenantsAdoptCmd struct {
	From string `required:"" help:"Id of the tenant whose credential it is now. It goes, with its own links and settings."`
	Yes  bool   `help:"Don't ask."`
}

// renamed says whether from has found the account of into at a new address, which into could not follow because its login was
// lost already. A living login follows by itself, and shows which of two addresses is the present one.
func (o office) renamed(ctx context.Context, from, into tenant.Tenant) (bool, error) {
	if from.AmoBase == into.AmoBase || from.AccountID == 0 || from.AccountID != into.AccountID || !from.ConnectedAt.After(into.ConnectedAt) {
		return false, nil
	}
	status, err := o.service.Grants.Status(ctx, into.ID)
	return err == nil && status.State != "connected", err
}

// Run joins a tenant that a changed credential has made to the one that was there before.
func (cmd *tenantsAdoptCmd) Run(ctx context.Context, root *tenantsCmd) error {
	return root.on(ctx, func(o office, t tenant.Tenant) error { return cmd.do(ctx, o, t) })
}

func (cmd *tenantsAdoptCmd) do(ctx context.Context, o office, into tenant.Tenant) error {
	from, err := o.service.Tenants.Get(ctx, cmd.From)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	renamed, err := o.renamed(ctx, from, into)
	switch {
	case err != nil:
		return err
	case from.ID == into.ID:
		return errors.New("--from: it is the tenant itself")
	case from.AmoBase != into.AmoBase && !renamed:
		return fmt.Errorf("--from: it belongs to %s, not to %s", tenant.Host(from.AmoBase), tenant.Host(into.AmoBase))
	case from.AccountID != 0 && into.AccountID != 0 && from.AccountID != into.AccountID:
		return fmt.Errorf("--from: it was connected with amoCRM account %d, not with %d", from.AccountID, into.AccountID)
	}
	c, err := o.service.rules.Counts(ctx, from.ID)
	if err != nil {
		return err
	}
	if c.Waiting() > 0 { // they would go with the tenant
		return fmt.Errorf("--from: %d of its runs are not done; let them end, or end them with sidecard triggers drop", c.Waiting())
	}
	what := fmt.Sprintf("The credential of %s opens %s from now on; the one that opened it does not any more. Links, settings and "+
		"runs of %s go.", from.ID, into.ID, from.ID)
	if err := o.agree(cmd.Yes, what); err != nil {
		return err
	}
	if renamed { // first of all: cut off behind it, the command goes on as between two tenants of one address
		if err := o.service.Tenants.Move(ctx, into.ID, from.AmoBase); err != nil {
			return err
		}
	}
	// First what works only while the other tenant's login does, then the login, then the credential.
	if err := o.service.webhooks.Unsubscribe(ctx, from.ID); err != nil {
		return err
	}
	if err := o.service.Grants.Adopt(ctx, from.ID, into.ID); err != nil {
		return err
	}
	if err := o.service.Tenants.Adopt(ctx, from.ID, into.ID); err != nil {
		return err
	}
	if _, err := o.files.Erase(ctx, from.ID); err != nil {
		return err
	}
	s, err := o.files.Summary(ctx, into.ID)
	if err != nil {
		return err
	}
	if o.json {
		return o.encode(s)
	}
	_, err = fmt.Fprintf(o.out, "%s at %s: login %s, %d links\n", s.ID, s.Host, s.Grant, s.Links)
	return err
}
