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
