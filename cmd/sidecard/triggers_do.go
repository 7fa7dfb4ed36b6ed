package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sidecard/sidecard/blocks/rules/request"
)

type triggersRetryCmd struct {
	ID  string `arg:"" optional:"" help:"Id of the run."`
	All bool   `help:"Every failed one."`
}

// Run starts one job or all failed ones anew.
func (cmd *triggersRetryCmd) Run(ctx context.Context, root *triggersCmd) error {
	return root.run(ctx, func(i inbox) error { return cmd.do(ctx, i) })
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
	if i.json {
		return i.encode(map[string]int{"retried": n})
	}
	_, err = fmt.Fprintf(i.out, "%d started anew\n", n)
	return err
}

type triggersEditCmd struct {
	ID   string `arg:"" help:"Id of the run."`
	File string `arg:"" optional:"" default:"-" help:"JSON file with the request as a rule posts it; - is standard input."`
}

// Run replaces a job's request and starts it anew.
func (cmd *triggersEditCmd) Run(ctx context.Context, root *triggersCmd) error {
	return root.run(ctx, func(i inbox) error { return cmd.do(ctx, i) })
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

// Run ends a job without a deal.
func (cmd *triggersDropCmd) Run(ctx context.Context, root *triggersCmd) error {
	return root.run(ctx, func(i inbox) error { return cmd.do(ctx, i) })
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

// Run takes one of the deals that may be the job's, or none.
func (cmd *triggersAdoptCmd) Run(ctx context.Context, root *triggersCmd) error {
	return root.run(ctx, func(i inbox) error { return cmd.do(ctx, i) })
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
