package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

type serveCmd struct {
	*config
}

// Run serves until the context ends, then lets accepted work come to rest.
func (cmd serveCmd) Run(ctx context.Context) error {
	if err := cmd.check(); err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	log := cmd.logger()
	if os.Getenv("GOGC") == "" {
		tuning, end := context.WithCancel(ctx)
		defer end()
		tuneMemory(tuning)
	}
	ln, err := net.Listen("tcp", cmd.Addr)
	if err != nil {
		return fmt.Errorf("SIDECARD_ADDR: %w", err)
	}
	s, err := newService(ctx, cmd.config, log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	log.Info("listening", "version", version, "addr", ln.Addr().String(), "public_url", cmd.PublicURL, "redis", s.DB.Mode())
	return errors.Join(s.run(ctx, ln), s.close())
}
