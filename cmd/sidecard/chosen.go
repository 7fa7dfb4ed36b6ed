package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// choicesMost is how many tenants a message names.
const choicesMost = 20

// chosenTenant finds a tenant by its id, a connected one also by its amoCRM host; the only connected one when name is empty.
// One that can't be read does not stop the others.
func chosenTenant(ctx context.Context, tenants *tenant.Directory, name string) (tenant.Tenant, error) {
	if name != "" { // also one that was never connected: it has jobs too, and no place in the list
		if t, err := tenants.Get(ctx, name); !errors.Is(err, tenant.ErrNotFound) {
			return t, err
		}
	}
	var found, all []tenant.Tenant
	err := tenants.Each(ctx, func(id string) error {
		t, err := tenants.Get(ctx, id)
		if err != nil {
			t = tenant.Tenant{ID: id}
			if stops(ctx, err) {
				return err
			}
		}
		all = append(all, t)
		if name == "" || strings.EqualFold(name, tenant.Host(t.AmoBase)) || strings.EqualFold(name, t.AmoBase) {
			found = append(found, t)
		}
		return nil
	})
	switch {
	case err != nil:
		return tenant.Tenant{}, fmt.Errorf("find tenant: %w", err)
	case name == "" && len(found) == 1: // read again: it may be one that can't be
		return tenants.Get(ctx, found[0].ID)
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0:
		return tenant.Tenant{}, errors.New("no tenant is connected yet: open a ticket with the block and log in")
	case len(found) == 0:
		return tenant.Tenant{}, fmt.Errorf("--tenant: none is %q; there are:\n%s", name, named(all))
	case name == "":
		return tenant.Tenant{}, fmt.Errorf("--tenant: say which one of:\n%s", named(all))
	}
	return tenant.Tenant{}, fmt.Errorf("--tenant: %q is more than one, give the id of one of:\n%s", name, named(found))
}

// stops says whether an error about one tenant is about all of them: Redis', or that the time is over.
func stops(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, store.ErrTrouble)
}

// named lists tenants for a message, not thousands of them.
func named(list []tenant.Tenant) string {
	var lines []string
	for _, t := range list[:min(len(list), choicesMost)] {
		lines = append(lines, strings.TrimSpace(t.ID+" "+tenant.Host(t.AmoBase)))
	}
	if more := len(list) - choicesMost; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more, see: sidecard tenants list", more))
	}
	return strings.Join(lines, "\n")
}

// opened opens the service's Redis for a command. Running replicas learn of what it does by themselves.
func (c *config) opened(ctx context.Context, do func(*store.DB) error) (err error) {
	if err := c.check(); err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if c.RedisURL == "" { // a look from another folder must not begin a state of its own there
		if _, err := os.Stat(filepath.Join(c.DataDir, "appendonlydir")); err != nil {
			return fmt.Errorf("nothing is kept in %s: name the service's Redis with REDIS_URL, or its data folder with SIDECARD_DATA_DIR. "+
				"A service that finds no redis-server keeps its state in its own memory, which can't be seen from here", c.DataDir)
		}
	}
	db, err := store.Open(ctx, store.Options{URL: c.RedisURL, DataDir: c.DataDir, Ring: c.ring, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if db.Mode() == "memory" {
		return fmt.Errorf("redis-server, which reads %s, is not on PATH here: install it, or set REDIS_URL", c.DataDir)
	}
	return do(db)
}
