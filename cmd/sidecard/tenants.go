package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/tenant"
)

type tenantsCmd struct {
	*config
	Tenant string `help:"Id of the tenant, or its amoCRM host. May be left out when there is only one and nothing is erased."`
	JSON   bool   `help:"Print JSON instead of a table."`

	List       tenantsListCmd       `cmd:"" help:"List tenants."`
	Show       tenantsShowCmd       `cmd:"" help:"Show one tenant: settings, login, counts."`
	Key        tenantsKeyCmd        `cmd:"" help:"Give a tenant's rules a new key; the old one works for another 24 hours."`
	Disconnect tenantsDisconnectCmd `cmd:"" help:"End a tenant's login to amoCRM. Its rules' runs wait for the next one."`
	Adopt      tenantsAdoptCmd      `cmd:"" help:"Let the credential of another tenant of the same account open this one."`
	Export     tenantsExportCmd     `cmd:"" help:"Print everything that is stored of a tenant, or of one person, as JSON, without secrets."`
	Erase      tenantsEraseCmd      `cmd:"" help:"Erase a tenant, or one person."`
}

// office is where a command on tenants works.
type office struct {
	service *service
	files   privacy.Files
	out     io.Writer
	in      io.Reader
	json    bool
}

// run opens the office for do.
func (cmd *tenantsCmd) run(ctx context.Context, do func(office) error) error {
	return cmd.opened(ctx, func(db *store.DB) error {
		s, err := assemble(cmd.config, db, telemetry.NewRegistry(version), nil, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		err = do(newOffice(s, os.Stdout, os.Stdin, cmd.JSON))
		return errors.Join(err, s.rest())
	})
}

func newOffice(s *service, out io.Writer, in io.Reader, asJSON bool) office {
	return office{service: s, out: out, in: in, json: asJSON, files: privacy.Files{
		DB: s.DB, Tenants: s.Tenants, Firings: s.rules.Counts, Login: s.login, Sections: s.blocks.Sections(),
		Keepers: slices.Concat([]privacy.Keeper{crm.Keeper{DB: s.DB}}, s.blocks.Keepers(), []privacy.Keeper{s.Kit.Sessions}),
	}}
}

// login returns how a tenant's login to amoCRM stands.
func (s *service) login(ctx context.Context, tenantID string) (privacy.Login, error) {
	status, err := s.Grants.Status(ctx, tenantID)
	l := privacy.Login{State: status.State, UserID: status.UserID, Refreshed: status.RefreshedAt}
	if status.State == "lost" {
		l.Lost = status.Why
	}
	if status.Refused != nil {
		l.Refused = status.Refused.Error()
	}
	return l, err
}

// on is run for the tenant that the command names.
func (cmd *tenantsCmd) on(ctx context.Context, do func(office, tenant.Tenant) error) error {
	return cmd.run(ctx, func(o office) error {
		t, err := chosenTenant(ctx, o.service.Tenants, cmd.Tenant)
		if err != nil {
			return err
		}
		return do(o, t)
	})
}

func (o office) encode(v any) error {
	enc := json.NewEncoder(o.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

type tenantsListCmd struct {
	All bool `help:"Those that were never connected, too."`
}

// Run lists tenants.
func (cmd *tenantsListCmd) Run(ctx context.Context, root *tenantsCmd) error {
	return root.run(ctx, func(o office) error { return cmd.do(ctx, o) })
}

func (cmd *tenantsListCmd) do(ctx context.Context, o office) error {
	each := o.files.Tenants.Each
	if cmd.All {
		each = o.files.Tenants.All
	}
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	if !o.json {
		fmt.Fprintln(w, "ID\tHOST\tACCOUNT\tLOGIN\tCONNECTED\tBY USER\tSEEN\tLINKS\tFAILED\tWAITING\tDONE")
	}
	var shut []error
	err := each(ctx, func(id string) error {
		s, err := o.files.Summary(ctx, id)
		switch {
		case errors.Is(err, tenant.ErrNotFound):
			return nil // gone meanwhile
		case err != nil && !stops(ctx, err):
			shut = append(shut, err)
			return nil
		case err != nil:
			return err
		}
		if o.json {
			return o.encode(s)
		}
		_, err = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%d\t%d\t%d\t%d\n", s.ID, s.Host, oneLine(s.Account), s.Grant, day(s.Connected),
			s.ConnectedBy, day(s.Seen), s.Links, s.Firings["failed"], s.Firings["accepted"]+s.Firings["working"]+s.Firings["held"], s.Firings["done"])
		return err
	})
	if err = errors.Join(err, w.Flush()); err == nil && len(shut) > 0 {
		return fmt.Errorf("%d tenants can't be read:\n%w", len(shut), errors.Join(shut[:min(len(shut), choicesMost)]...))
	}
	return err
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}

type tenantsShowCmd struct{}

// Run shows one tenant.
func (cmd *tenantsShowCmd) Run(ctx context.Context, root *tenantsCmd) error {
	return root.on(ctx, func(o office, t tenant.Tenant) error { return cmd.do(ctx, o, t) })
}

func (cmd *tenantsShowCmd) do(ctx context.Context, o office, t tenant.Tenant) error {
	s, err := o.files.Summary(ctx, t.ID)
	if err != nil {
		return err
	}
	return o.encode(s)
}
