package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
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

const (
	heapRoom = 17 << 20 // bytes that the heap may always come to between two collections
	leastGC  = 40       // percent: a third less memory than at Go's 100, for a heap that needs more
	mostGC   = 400
)

// gcPercent is GOGC for what is alive of the heap, in bytes. A small heap that is collected at every few mebibytes costs the
// slowest requests more than it saves.
func gcPercent(live uint64) int {
	return int(min(max((heapRoom-min(live, heapRoom))*100/max(live, 1), leastGC), mostGC))
}

// tuneMemory keeps GOGC at gcPercent until ctx ends.
func tuneMemory(ctx context.Context) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	now := leastGC
	debug.SetGCPercent(now)
	eachGC(ctx, func() {
		metrics.Read(live)
		if percent := gcPercent(live[0].Value.Uint64()); max(percent-now, now-percent) > now/10 { // setting it stops the world
			debug.SetGCPercent(percent)
			now = percent
		}
	})
}

// collected is garbage as soon as it is made, so its end says that there was a collection. It is too large to share a block.
type collected struct{ _ [64]byte }

// eachGC calls f soon after each collection, one call after the other, until ctx ends.
func eachGC(ctx context.Context, f func()) {
	runtime.AddCleanup(new(collected), func(f func()) {
		if ctx.Err() == nil {
			f()
			eachGC(ctx, f)
		}
	}, f)
}
