package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/sidecard/sidecard/bridge"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/oauth"
	"github.com/sidecard/sidecard/store"
	"github.com/sidecard/sidecard/tenant"
)

type doctorCmd struct {
	config
	Ready bool `help:"Only ask the running service whether it is ready (for health checks)."`
}

// errUnwell makes the command end with a failure; what is wrong has been printed.
var errUnwell = errors.New("something needs mending, see above")

// Run checks everything that can be checked from here and says what to do.
func (cmd doctorCmd) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if cmd.Ready {
		return cmd.askReady(ctx)
	}
	d := &doctor{out: os.Stdout}
	set, err := cmd.check()
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			d.bad("configuration", "%s", line)
		}
		return errUnwell
	}
	d.good("configuration", "complete")
	if set.RedisURL == "" {
		d.note("redis", "REDIS_URL is empty: the service starts one of its own in %s; nothing to check from outside", set.DataDir)
		return d.verdict()
	}
	db, err := store.Open(ctx, store.Options{URL: set.RedisURL, Ring: set.ring, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		d.bad("redis", "REDIS_URL can't be reached: %v", err)
		return errUnwell
	}
	defer db.Close()
	d.redis(ctx, db)
	d.clock(ctx, db)
	d.grants(ctx, db, set)
	return d.verdict()
}

// askReady is what a container's health check runs.
func (cmd doctorCmd) askReady(ctx context.Context) error {
	_, port, err := net.SplitHostPort(cmd.Addr)
	if err != nil {
		return fmt.Errorf("SIDECARD_ADDR: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", res.Status)
	}
	return nil
}

// doctor prints one line a finding.
type doctor struct {
	out    io.Writer
	unwell bool
}

func (d *doctor) line(mark, what, format string, args ...any) {
	fmt.Fprintf(d.out, "%-5s %-14s %s\n", mark, what, fmt.Sprintf(format, args...))
}
func (d *doctor) good(what, format string, args ...any) { d.line("ok", what, format, args...) }
func (d *doctor) note(what, format string, args ...any) { d.line("note", what, format, args...) }
func (d *doctor) bad(what, format string, args ...any) {
	d.unwell = true
	d.line("BAD", what, format, args...)
}

func (d *doctor) verdict() error {
	if d.unwell {
		return errUnwell
	}
	return nil
}

// redis checks that a 202 is on disk before it is sent and that nothing is dropped to make room.
func (d *doctor) redis(ctx context.Context, db *store.DB) {
	want := []struct{ name, value, why string }{
		{"appendonly", "yes", "accepted firings and logins would not survive a restart of Redis"},
		{"appendfsync", "always", "a power cut could lose the last second of accepted firings"},
		{"maxmemory-policy", "noeviction", "Redis could drop a login or a firing to make room"},
	}
	for _, w := range want {
		got, err := db.ConfigGet(ctx, w.name).Result()
		switch {
		case err != nil:
			d.note("redis", "can't read %s (%v); make sure it is %s, else %s", w.name, err, w.value, w.why)
		case got[w.name] != w.value:
			d.bad("redis", "%s is %s, set it to %s, else %s", w.name, got[w.name], w.value, w.why)
		default:
			d.good("redis", "%s %s", w.name, w.value)
		}
	}
}

// clock compares ours with that of Redis: grants' ages and due times are told by both.
func (d *doctor) clock(ctx context.Context, db *store.DB) {
	now, err := db.Time(ctx).Result()
	if err != nil {
		d.bad("clock", "Redis does not tell its time: %v", err)
		return
	}
	if skew := time.Since(now).Abs(); skew > 5*time.Second {
		d.bad("clock", "this machine and Redis differ by %s; run NTP on both", skew.Round(time.Second))
		return
	}
	d.good("clock", "agrees with Redis")
}

// grants asks amoCRM with each tenant's grant.
func (d *doctor) grants(ctx context.Context, db *store.DB, set settings) {
	tenants := tenant.NewDirectory(db)
	login := oauth.Config{ClientID: set.AmoClientID, ClientSecret: set.AmoClientSecret, PublicURL: set.PublicURL, Hosts: set.amoHosts}
	pace := func(base string) amocrm.Pace { return bridge.Pace(db, base, store.Background) }
	grants := oauth.NewGrants(db, login, pace, slog.New(slog.DiscardHandler))
	n := 0
	err := tenants.Each(ctx, func(id string) error {
		n++
		t, err := tenants.Get(ctx, id)
		if err != nil {
			return err
		}
		api, err := amocrm.New(t.AmoBase, grants.Auth(id), amocrm.WithPace(pace(t.AmoBase)),
			amocrm.WithHTTP(set.amoHosts.HTTPClient(20*time.Second)))
		if err != nil {
			return err
		}
		switch account, err := api.Account(ctx); {
		case errors.Is(err, oauth.ErrNeedsLogin):
			d.bad("grant", "%s: %v; open any ticket and log in again", t.AmoBase, err)
		case err != nil:
			d.bad("grant", "%s: %v", t.AmoBase, err)
		default:
			d.good("grant", "%s: account %d %q answers", t.AmoBase, account.ID, account.Name)
		}
		return nil
	})
	if err != nil {
		d.bad("tenants", "%v", err)
	}
	if n == 0 {
		d.note("tenants", "none is connected yet: add the block to the helpdesk, open a ticket and log in")
	}
}
