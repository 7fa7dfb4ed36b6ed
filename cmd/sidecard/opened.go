package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sidecard/sidecard/internal/store"
)

// opened opens the service's Redis for a command. Running replicas learn of what it does by themselves.
func (c config) opened(ctx context.Context, do func(settings, *store.DB) error) (err error) {
	set, err := c.check()
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if set.RedisURL == "" { // a look from another folder must not begin a state of its own there
		if _, err := os.Stat(filepath.Join(set.DataDir, "appendonlydir")); err != nil {
			return fmt.Errorf("nothing is kept in %s: name the service's Redis with REDIS_URL, or its data folder with SIDECARD_DATA_DIR. "+
				"A service that finds no redis-server keeps its state in its own memory, which can't be seen from here", set.DataDir)
		}
	}
	db, err := store.Open(ctx, store.Options{URL: set.RedisURL, DataDir: set.DataDir, Ring: set.ring, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if db.Mode() == "memory" {
		return fmt.Errorf("redis-server, which reads %s, is not on PATH here: install it, or set REDIS_URL", set.DataDir)
	}
	return do(set, db)
}
