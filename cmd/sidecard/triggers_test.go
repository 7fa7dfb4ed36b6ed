package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// desk is a connected tenant with firings on a Redis of its own.
type desk struct {
	t   *testing.T
	in  inbox
	out bytes.Buffer
	db  *store.DB
	dir *tenant.Directory
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if db.Mode() != "child" {
		t.Fatal("redis-server is missing on PATH; install it and run: make test")
	}
	d := &desk{t: t, db: db, dir: tenant.NewDirectory(db)}
	d.in = inbox{printer: printer{out: &d.out}, service: rules.NewService(rules.Deps{Deps: worker.Deps{DB: db, Tenants: d.dir}}),
		tenant: d.connected("https://one.amocrm.ru", "a")}
	return d
}

func (d *desk) connected(base, token string) tenant.Tenant {
	d.t.Helper()
	return d.connectedAs(1, base, token)
}

func (d *desk) connectedAs(account int64, base, token string) tenant.Tenant {
	d.t.Helper()
	t, err := d.dir.Open(d.t.Context(), tenant.Credential{AmoBase: base, DeskToken: token})
	if err == nil {
		err = d.dir.Connected(d.t.Context(), t.ID, "integration", account, "One")
	}
	if err == nil {
		t, err = d.dir.Get(d.t.Context(), t.ID)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return t
}

func (d *desk) failed(ticket int64, st jobs.Steps) string {
	d.t.Helper()
	l := jobs.NewLedger(d.db, time.Minute)
	if _, _, err := l.Accept(d.t.Context(), d.in.tenant.ID, jobs.Offer{Request: request.Request{TicketID: ticket, Fields: request.LeadFields{Name: "Chairs"}}}); err != nil {
		d.t.Fatal(err)
	}
	b, err := l.Claim(d.t.Context(), d.in.tenant.ID, 1)
	if err != nil || len(b.Jobs) != 1 {
		d.t.Fatalf("claimed %+v, %v", b, err)
	}
	e := b.Jobs[0]
	e.Steps = st
	if err := l.Finish(d.t.Context(), e, jobs.Outcome{State: ledger.StateFailed, Why: "refused\x1b[31m\nbadly"}); err != nil {
		d.t.Fatal(err)
	}
	return e.ID
}

// run is the command line after "sidecard triggers"; {id} is the firing's.
func (d *desk) run(id string, args ...string) error {
	d.t.Helper()
	c := newCLI()
	p, err := kong.New(c, kong.Exit(func(int) { d.t.Error("it wanted to exit") }), kong.Writers(&d.out, &d.out))
	if err != nil {
		d.t.Fatal(err)
	}
	words := []string{"triggers"}
	for _, a := range args {
		words = append(words, strings.ReplaceAll(a, "{id}", id))
	}
	k, err := p.Parse(words)
	if err != nil {
		return err
	}
	d.out.Reset()
	d.in.json = c.Triggers.JSON
	ctx, t := d.t.Context(), &c.Triggers
	switch strings.Fields(k.Command())[1] {
	case "list":
		return t.List.do(ctx, d.in)
	case "show":
		return t.Show.do(ctx, d.in)
	case "retry":
		return t.Retry.do(ctx, d.in)
	case "edit":
		return t.Edit.do(ctx, d.in)
	case "drop":
		return t.Drop.do(ctx, d.in)
	case "adopt":
		return t.Adopt.do(ctx, d.in)
	}
	d.t.Fatalf("unknown command %q", k.Command())
	return nil
}

func TestTriggers_commands(t *testing.T) {
	d := newDesk(t)
	file := filepath.Join(t.TempDir(), "request.json")
	if err := os.WriteFile(file, []byte(`{"ticketId": 77, "fields": {"name": "Sofa"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	twins := jobs.Steps{LeadIntent: &jobs.Intent{}, Candidates: []jobs.Candidate{{LeadID: 31, Name: "Chairs"}}}
	ticket := int64(100) // a ticket that fires often is stopped
	for name, c := range map[string]struct {
		steps jobs.Steps
		stdin string
		args  []string
		fails string
		want  []string
		state ledger.State
	}{
		"list":                {args: []string{"list", "--state", "failed", "--ticket", "{ticket}"}, want: []string{"{id}", "refused [31m badly", "TICKET", " failed, "}},
		"list nothing":        {args: []string{"list", "--text", "sofa"}, want: []string{"failed, "}},
		"list too many":       {args: []string{"list", "--limit", "201"}, fails: "--limit"},
		"list a wrong state":  {args: []string{"list", "--state", "lost"}, fails: "--state"},
		"show":                {args: []string{"show", "{id}"}, want: []string{"failed", `"name": "Chairs"`, "accepted"}},
		"show another":        {args: []string{"show", strings.Repeat("0", 26)}, fails: "no such run"},
		"retry":               {args: []string{"retry", "{id}"}, want: []string{"started anew: accepted"}, state: ledger.StateAccepted},
		"retry nothing":       {args: []string{"retry"}, fails: "--all"},
		"retry one and all":   {args: []string{"retry", "{id}", "--all"}, fails: "--all"},
		"edit from a file":    {args: []string{"edit", "{id}", file}, want: []string{"changed"}, state: ledger.StateAccepted},
		"edit of nothing":     {args: []string{"edit", "{id}"}, stdin: `{"ticketId": {ticket}, "fields": {"name": "Chairs"}}`, want: []string{"the same"}, state: ledger.StateAccepted},
		"edit from stdin":     {args: []string{"edit", "{id}"}, stdin: `{"ticketId": 78, "fields": {}}`, want: []string{"changed"}, state: ledger.StateAccepted},
		"edit with a mistake": {args: []string{"edit", "{id}", "-"}, stdin: `{"ticketId": 0, "fields": {}}`, fails: "ticketId"},
		"edit a twin":         {steps: twins, args: []string{"edit", "{id}"}, stdin: `{"ticketId": 78, "fields": {}}`, fails: "a second one"},
		"drop":                {args: []string{"drop", "{id}", "--reason", "a test"}, want: []string{"ended: dropped"}, state: ledger.StateDropped},
		"drop without reason": {args: []string{"drop", "{id}"}, fails: "--reason"},
		"drop for nothing":    {args: []string{"drop", "{id}", "--reason", " "}, fails: "reason"},
		"adopt":               {steps: twins, args: []string{"adopt", "{id}", "31"}, want: []string{"is deal 31"}, state: ledger.StateAccepted},
		"adopt a stranger":    {steps: twins, args: []string{"adopt", "{id}", "32"}, fails: "none of those"},
		"adopt none":          {steps: twins, args: []string{"adopt", "{id}", "--none"}, want: []string{"makes a new deal"}, state: ledger.StateAccepted},
		"adopt what":          {steps: twins, args: []string{"adopt", "{id}"}, fails: "--none"},
	} {
		t.Run(name, func(t *testing.T) {
			d.clear()
			ticket++
			id := d.failed(ticket, c.steps)
			for i, arg := range c.args {
				c.args[i] = strings.ReplaceAll(arg, "{ticket}", fmt.Sprint(ticket))
			}
			d.in.in = strings.NewReader(strings.ReplaceAll(c.stdin, "{ticket}", fmt.Sprint(ticket)))
			err := d.run(id, c.args...)
			if (c.fails == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("%v, want %q", err, c.fails)
			}
			for _, want := range c.want {
				if want = strings.ReplaceAll(want, "{id}", id); !strings.Contains(d.out.String(), want) {
					t.Errorf("%q is not in:\n%s", want, &d.out)
				}
			}
			if strings.ContainsRune(d.out.String(), '\x1b') {
				t.Error("a firing steers the terminal")
			}
			state := c.state
			if state == "" {
				state = ledger.StateFailed
			}
			if e, err := d.in.service.Get(t.Context(), d.in.tenant.ID, id); err != nil || e.State != state {
				t.Errorf("it is %s, %v, want %s", e.State, err, state)
			}
		})
	}
}

// clear ends what earlier cases left.
func (d *desk) clear() {
	d.t.Helper()
	for _, s := range []ledger.State{ledger.StateFailed, ledger.StateAccepted} {
		p, err := d.in.service.Inbox(d.t.Context(), d.in.tenant.ID, rules.Query{State: s})
		if err != nil {
			d.t.Fatal(err)
		}
		for _, e := range p.Jobs {
			if err := d.in.service.Drop(d.t.Context(), d.in.tenant.ID, e.ID, "cleared"); err != nil {
				d.t.Fatal(err)
			}
		}
	}
}

func TestTriggers_printJSON(t *testing.T) {
	d := newDesk(t)
	id := d.failed(5, jobs.Steps{})
	if err := d.run(id, "--json", "list"); err != nil {
		t.Fatal(err)
	}
	var list shownList
	if err := json.Unmarshal(d.out.Bytes(), &list); err != nil || len(list.Firings) != 1 || list.Firings[0].ID != id || list.Firings[0].Request.TicketID != 5 {
		t.Errorf("%+v, %v", list, err)
	}
	var one shown
	if err := d.run(id, "--json", "show", "{id}"); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(d.out.Bytes(), &one); err != nil || one.State != ledger.StateFailed || len(one.Timeline) != 2 {
		t.Errorf("%+v, %v", one, err)
	}
	if err := d.run(id, "--json", "retry", "--all"); err != nil || strings.Join(strings.Fields(d.out.String()), "") != `{"retried":1}` {
		t.Errorf("%s, %v", &d.out, err)
	}
}

func TestTriggers_needAState(t *testing.T) {
	cmd := triggersCmd{config: good()}
	cmd.DataDir = t.TempDir()
	called := errors.New("called")
	if err := cmd.run(t.Context(), func(inbox) error { return called }); errors.Is(err, called) || err == nil || !strings.Contains(err.Error(), "nothing is kept in") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(cmd.DataDir); err != nil || len(left) > 0 {
		t.Errorf("a look has made %v, %v", left, err)
	}
	cmd.PublicURL = ""
	if err := cmd.run(t.Context(), func(inbox) error { return called }); err == nil || !strings.Contains(err.Error(), "SIDECARD_PUBLIC_URL") {
		t.Errorf("got %v", err)
	}
}
