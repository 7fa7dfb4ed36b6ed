package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/runes"
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
	printer
	service *service
	files   privacy.Files
	in      io.Reader
}

// Run opens the office for the command below it that was given.
func (cmd *tenantsCmd) Run(ctx context.Context, k *kong.Context) error {
	given := k.Selected().Target.Addr().Interface()
	if given == any(&cmd.Erase) && cmd.Tenant == "" {
		return errors.New("--tenant: say which one")
	}
	return cmd.opened(ctx, func(db *store.DB) error {
		s, err := assemble(cmd.config, db, telemetry.NewRegistry(version), nil, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		return errors.Join(cmd.do(ctx, given, newOffice(s, os.Stdout, os.Stdin, cmd.JSON)), s.rest())
	})
}

const tenantIDLen = 26

func (cmd *tenantsCmd) do(ctx context.Context, given any, o office) error {
	if given == any(&cmd.List) {
		return cmd.List.do(ctx, o)
	}
	t, err := chosenTenant(ctx, o.service.Tenants, cmd.Tenant)
	if err != nil && given == any(&cmd.Erase) && cmd.Erase.Client == 0 && len(cmd.Tenant) == tenantIDLen {
		t, err = tenant.Tenant{ID: cmd.Tenant}, nil // what an erasing that was cut off has left
	}
	if err != nil {
		return err
	}
	return given.(interface {
		do(ctx context.Context, o office, t tenant.Tenant) error
	}).do(ctx, o, t)
}

func newOffice(s *service, out io.Writer, in io.Reader, asJSON bool) office {
	return office{printer: printer{out, asJSON}, service: s, in: in, files: privacy.Files{
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

type tenantsListCmd struct {
	All bool `help:"Those that were never connected, too."`
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
		_, err = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%d\t%d\t%d\t%d\n", s.ID, s.Host, runes.OneLine(s.Account), s.Grant, day(s.Connected),
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

func (cmd *tenantsShowCmd) do(ctx context.Context, o office, t tenant.Tenant) error {
	return o.show(o.files.Summary(ctx, t.ID))
}

type tenantsKeyCmd struct {
	Rotate bool `required:"" help:"Make the new key. A former key that still works ends at once."`
}

func (cmd *tenantsKeyCmd) do(ctx context.Context, o office, t tenant.Tenant) error {
	t, err := o.service.Tenants.NewTriggerKey(ctx, t.ID)
	if err != nil {
		return err
	}
	return o.say(map[string]any{"key": t.TriggerKey, "former_key_until": t.OldTriggerEnd},
		"%s\nThe former key works until %s.\n", t.TriggerKey, t.OldTriggerEnd.Format(time.RFC3339))
}

type tenantsDisconnectCmd struct{}

func (cmd *tenantsDisconnectCmd) do(ctx context.Context, o office, t tenant.Tenant) error {
	if err := o.service.Grants.Disconnect(ctx, t.ID); err != nil {
		return err
	}
	s, err := o.files.Summary(ctx, t.ID)
	if err != nil {
		return err
	}
	return o.say(s, "%s at %s: login %s, %d runs wait for the next one\n", t.ID, s.Host, s.Grant,
		s.Firings["held"]+s.Firings["accepted"]+s.Firings["working"])
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
	return o.say(s, "%s at %s: login %s, %d links\n", s.ID, s.Host, s.Grant, s.Links)
}
