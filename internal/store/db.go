package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// Options say which Redis to use.
type Options struct {
	// URL is "redis://", "rediss://", "unix://", "redis+sentinel://", or a comma list of the first two for a cluster.
	// "memory:" asks for the in-process server. Empty brings a Redis of our own, see Open.
	URL string
	// Patient lets Open return although the Redis that URL names can't serve yet (ErrTrouble). Ready tells when it can.
	Patient bool
	// DataDir holds our own Redis' files and, when Ring is nil, its seal keys. Empty: memory only.
	DataDir string
	// Ring seals values. Required with a URL that names a Redis; else one is made and kept in DataDir.
	Ring *Ring
	// Log is silent when nil.
	Log *slog.Logger
	// Metrics may be nil.
	Metrics prometheus.Registerer
}

// DB is one Redis with a key ring. It is safe for concurrent use.
type DB struct {
	redis.UniversalClient
	ring    *Ring
	mode    string
	log     *slog.Logger
	queue   *localQueue
	metrics metrics
	stop    func() error // ends the Redis of our own; nil for somebody else's
}

const (
	modeRedis  = "redis"
	modeChild  = "child"
	modeMemory = "memory"
)

// Open connects and waits until Redis answers. With an empty URL it starts redis-server or valkey-server from PATH in
// DataDir (append-only file synced on every write, gone when this process is gone), adopting one that still answers
// there; when neither program is installed it keeps the state in memory and says so loudly.
func Open(ctx context.Context, o Options) (_ *DB, err error) {
	db := &DB{log: cmp.Or(o.Log, slog.New(slog.DiscardHandler)), ring: o.Ring, queue: newLocalQueue(), metrics: newMetrics(o.Metrics)}
	own := o.URL == "" || o.URL == "memory:"
	if db.ring == nil {
		if !own {
			return nil, errors.New("open store: a Redis with a URL needs seal keys")
		}
		if o.DataDir == "" {
			db.ring, _ = NewRing()
		} else if db.ring, err = LoadOrCreateRing(filepath.Join(o.DataDir, "seal.keys")); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	switch program := redisProgram(); {
	case !own:
		err = db.connect(ctx, o.URL, o.Patient)
	case o.URL == "" && o.DataDir != "" && program != "":
		err = db.startChild(ctx, program, o.DataDir)
	default:
		if o.URL == "" {
			db.log.Warn("STATE IS KEPT IN MEMORY ONLY and is lost when this process ends: " +
				"install redis-server or valkey-server, or name a Redis by URL")
		}
		err = db.startMemory()
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if o.Metrics != nil {
		db.metrics.watch(db.UniversalClient)
	}
	db.AddHook(around(traced))
	return db, nil
}

// Ring returns the keys that seal this store's values.
func (db *DB) Ring() *Ring { return db.ring }

// Mode returns where the state is: "redis" (named by URL), "child" (our own process) or "memory".
func (db *DB) Mode() string { return db.mode }

// Close ends the connections and then the Redis of our own, if there is one, with its file synced.
func (db *DB) Close() error {
	if db.stop == nil {
		return db.UniversalClient.Close()
	}
	return errors.Join(db.stop(), db.UniversalClient.Close())
}

func redisProgram() string {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// startMemory runs a Redis in this process. Its keys expire by the real clock.
func (db *DB) startMemory() error {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		return fmt.Errorf("start the in-process Redis: %w", err)
	}
	server.ClockTTL(true)
	db.UniversalClient = redis.NewClient(&redis.Options{Addr: server.Addr(), MaintNotificationsConfig: quiet()})
	db.mode = modeMemory
	db.stop = func() error {
		server.Close()
		return nil
	}
	return nil
}

const prefix = "sc:"

// Key names a value of one tenant: "sc:{tenant}:a:b". The hash tag puts all of a tenant's keys into one cluster slot.
func Key(tenantID string, parts ...string) string {
	return Shared(append([]string{"{" + tenantID + "}"}, parts...)...)
}

// Shared names a value of no tenant: "sc:a:b". Two shared keys are usually in different cluster slots.
func Shared(parts ...string) string {
	return prefix + strings.Join(parts, ":")
}
