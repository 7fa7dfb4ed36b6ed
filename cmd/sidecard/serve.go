package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

type serveCmd struct {
	config
}

// Run serves until the context ends, then lets accepted work come to rest.
func (cmd serveCmd) Run(ctx context.Context) error {
	set, err := cmd.check()
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	log := cmd.logger()
	if os.Getenv("GOGC") == "" {
		tuning, end := context.WithCancel(ctx)
		defer end()
		tuneMemory(tuning)
	}
	ln, err := net.Listen("tcp", set.Addr)
	if err != nil {
		return fmt.Errorf("SIDECARD_ADDR: %w", err)
	}
	s, err := newService(ctx, set, log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	log.Info("listening", "version", version, "addr", ln.Addr().String(), "public_url", set.PublicURL, "redis", s.db.Mode())
	return errors.Join(s.run(ctx, ln), s.close())
}
