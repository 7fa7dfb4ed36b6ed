package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// person names one person to a command.
type person struct {
	Client int64   `help:"Only this client of the helpdesk, by the helpdesk's id."`
	Ticket []int64 `help:"Further tickets that are this client's; those of opened blocks and of done runs are found anyway."`
}

func (p person) check() error {
	if p.Client < 0 || p.Client == 0 && len(p.Ticket) > 0 {
		return errors.New("--client: give the client's id in the helpdesk, a number above 0")
	}
	return nil
}

type tenantsExportCmd struct{ person }

func (cmd *tenantsExportCmd) do(ctx context.Context, o office, t tenant.Tenant) error {
	if err := cmd.check(); err != nil {
		return err
	}
	if cmd.Client != 0 {
		return o.show(o.files.Person(ctx, t.ID, cmd.Client, cmd.Ticket))
	}
	return o.show(o.files.Export(ctx, t.ID))
}

type tenantsEraseCmd struct {
	person
	Yes bool `help:"Don't ask."`
}

func (cmd *tenantsEraseCmd) do(ctx context.Context, o office, t tenant.Tenant) error {
	if err := cmd.check(); err != nil {
		return err
	}
	if cmd.Client != 0 {
		return cmd.erasePerson(ctx, o, t)
	}
	c, err := o.service.rules.Counts(ctx, t.ID)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("Everything of tenant %s (%s) goes: login, links, settings, runs; %d of them are not done and make no deal any more.",
		t.ID, tenant.Host(t.AmoBase), c.Waiting())
	if err := o.agree(cmd.Yes, what); err != nil {
		return err
	}
	if err := o.service.Grants.Disconnect(ctx, t.ID); err != nil && !errors.Is(err, store.ErrSealed) { // what can't be read can go
		return err
	}
	n, err := o.files.Erase(ctx, t.ID)
	return errors.Join(err, o.erased(ctx, n))
}

func (cmd *tenantsEraseCmd) erasePerson(ctx context.Context, o office, t tenant.Tenant) error {
	p, err := o.files.Person(ctx, t.ID, cmd.Client, cmd.Ticket)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("What is stored of client %d of tenant %s (%s) goes: %d runs, %d open blocks, his link; "+
		"%d of the runs are not done and make no deal any more.",
		cmd.Client, t.ID, tenant.Host(t.AmoBase), p.Parts.Of("firings").Count, p.Parts.Of("open_blocks").Count, p.Parts.Of("firings").Undone)
	if err := o.agree(cmd.Yes, what); err != nil {
		return err
	}
	n, err := o.files.ErasePerson(ctx, p)
	return errors.Join(err, o.erased(ctx, n))
}

// rewriteWithin is how long the command waits for Redis to write its file anew; Redis goes on without it.
const rewriteWithin = 30 * time.Second

// erased says how much went, and what became of Redis' append-only file, which repeats the ids of what was removed until it is
// written anew.
func (o office) erased(ctx context.Context, n int) error {
	within, cancel := context.WithTimeout(ctx, rewriteWithin)
	defer cancel()
	end, why, err := o.service.DB.RewriteAOF(within)
	if err != nil {
		end, why = store.RewriteRefused, err.Error()
	}
	shown := struct {
		Removed int           `json:"removed"`
		File    store.Rewrite `json:"append_only_file"`
		Why     string        `json:"why,omitempty"`
	}{n, end, why}
	said := map[store.Rewrite]string{
		store.RewriteNone:  "Redis keeps no append-only file.",
		store.RewriteDone:  "Redis has written its append-only file anew: nothing of it is left there.",
		store.RewriteBegun: "Redis is writing its append-only file anew: nothing of it is left there when it has ended.",
		store.RewriteRefused: "Redis' append-only file could not be written anew (" + why + "): the ids of what was removed stay in it until Redis " +
			"does so by itself. Have it run BGREWRITEAOF.",
	}
	return o.say(shown, "%d keys and entries removed\n%s\n", n, said[end])
}

// agree asks before something that can't be undone.
func (o office) agree(yes bool, what string) error {
	if yes {
		return nil
	}
	fmt.Fprintf(o.out, "%s\nType yes to go on: ", what)
	answer, _ := bufio.NewReader(o.in).ReadString('\n') // an end without an answer is none
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("nothing was changed")
	}
	return nil
}
