package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/request"
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
	printer
	service *rules.Service
	tenant  tenant.Tenant
	in      io.Reader
}

// Run opens the inbox for the command below it that was given.
func (cmd *triggersCmd) Run(ctx context.Context, k *kong.Context) error {
	given := k.Selected().Target.Addr().Interface().(interface {
		do(ctx context.Context, i inbox) error
	})
	return cmd.run(ctx, func(i inbox) error { return given.do(ctx, i) })
}

func (cmd *triggersCmd) run(ctx context.Context, do func(inbox) error) error {
	return cmd.opened(ctx, func(db *store.DB) error {
		tenants := tenant.NewDirectory(db)
		t, err := chosenTenant(ctx, tenants, cmd.Tenant)
		if err != nil {
			return err
		}
		service := rules.NewService(rules.Deps{Deps: worker.Deps{DB: db, Tenants: tenants}})
		return do(inbox{printer{os.Stdout, cmd.JSON}, service, t, os.Stdin})
	})
}

// said prints what was done to a job, as it stands now.
func (i inbox) said(ctx context.Context, id, done string) error {
	e, err := i.service.Get(ctx, i.tenant.ID, id)
	if err != nil {
		return err
	}
	return i.say(i.shownJob(e), "%s %s: %s\n", e.ID, done, e.State)
}

// printer prints what a command has to say, in words or as JSON.
type printer struct {
	out  io.Writer
	json bool
}

func (p printer) say(v any, words string, args ...any) error {
	if p.json {
		return p.encode(v)
	}
	_, err := fmt.Fprintf(p.out, words, args...)
	return err
}

// show prints what was read, unless reading it has failed.
func (p printer) show(v any, err error) error {
	if err != nil {
		return err
	}
	return p.encode(v)
}

func (p printer) encode(v any) error {
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

type triggersRetryCmd struct {
	ID  string `arg:"" optional:"" help:"Id of the run."`
	All bool   `help:"Every failed one."`
}

func (cmd *triggersRetryCmd) do(ctx context.Context, i inbox) error {
	if cmd.All == (cmd.ID != "") {
		return errors.New("give the id of a run, or --all")
	}
	if !cmd.All {
		if err := i.service.Retry(ctx, i.tenant.ID, cmd.ID); err != nil {
			return err
		}
		return i.said(ctx, cmd.ID, "started anew")
	}
	n, err := i.service.RetryAll(ctx, i.tenant.ID)
	if err != nil {
		return fmt.Errorf("after %d: %w", n, err)
	}
	return i.say(map[string]int{"retried": n}, "%d started anew\n", n)
}

type triggersEditCmd struct {
	ID   string `arg:"" help:"Id of the run."`
	File string `arg:"" optional:"" default:"-" help:"JSON file with the request as a rule posts it; - is standard input."`
}

func (cmd *triggersEditCmd) do(ctx context.Context, i inbox) error {
	from := i.in
	if cmd.File != "-" {
		f, err := os.Open(cmd.File)
		if err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		defer f.Close()
		from = f
	}
	body, err := io.ReadAll(io.LimitReader(from, request.MaxBody+1))
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	if len(body) > request.MaxBody {
		return errors.New("read request: it has more than 1 MiB")
	}
	r, err := request.BindEdited(body)
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	changed, err := i.service.Edit(ctx, i.tenant.ID, cmd.ID, r)
	if err != nil {
		return err
	}
	if !changed {
		return i.said(ctx, cmd.ID, "started anew; the request is the same")
	}
	return i.said(ctx, cmd.ID, "changed and started anew")
}

type triggersDropCmd struct {
	ID     string `arg:"" help:"Id of the run."`
	Reason string `required:"" help:"Why no deal is needed; it is kept with the run."`
}

func (cmd *triggersDropCmd) do(ctx context.Context, i inbox) error {
	if err := i.service.Drop(ctx, i.tenant.ID, cmd.ID, cmd.Reason); err != nil {
		return err
	}
	return i.said(ctx, cmd.ID, "ended")
}

type triggersAdoptCmd struct {
	ID   string `arg:"" help:"Id of the run."`
	Deal int64  `arg:"" optional:"" help:"Id of the deal that it is."`
	None bool   `help:"It is none of them: make a new deal."`
}

func (cmd *triggersAdoptCmd) do(ctx context.Context, i inbox) error {
	if cmd.None == (cmd.Deal != 0) {
		return errors.New("give the id of the deal, or --none")
	}
	done, err := "makes a new deal", error(nil)
	if cmd.None {
		err = i.service.MakeNew(ctx, i.tenant.ID, cmd.ID)
	} else {
		done, err = fmt.Sprintf("is deal %d", cmd.Deal), i.service.Adopt(ctx, i.tenant.ID, cmd.ID, cmd.Deal)
	}
	if err != nil {
		return err
	}
	return i.said(ctx, cmd.ID, done)
}
