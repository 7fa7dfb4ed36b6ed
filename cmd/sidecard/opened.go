package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/sidecard/sidecard/store"
)

// opened opens the service's Redis for a command. Running replicas learn of what it does by themselves.
func (c config) opened(ctx context.Context, do func(settings, *store.DB) error) (err error) {
	set, err := c.check()
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	db, err := store.Open(ctx, store.Options{URL: set.RedisURL, DataDir: set.DataDir, Ring: set.ring, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if db.Mode() == "memory" {
		return errors.New("the service keeps its state in its own memory, which can't be seen from here: set REDIS_URL or install redis-server")
	}
	return do(set, db)
}
