package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// connect opens the Redis that raw names. With patient a Redis that can't serve yet is left to be found later.
func (db *DB) connect(ctx context.Context, raw string, patient bool) error {
	client, err := dial(raw)
	if err != nil {
		return err
	}
	client.AddHook(around(yielding))
	client.AddHook(around(sorted))
	db.UniversalClient, db.mode = client, modeRedis
	err = client.Ping(ctx).Err()
	switch {
	case err == nil:
		db.warnOfEviction(ctx)
	case patient && errors.Is(err, ErrTrouble):
		db.log.Warn("Redis does not answer yet; the service waits for it", "why", Why(err), "error", err)
	default:
		_ = client.Close() // the ping's error is the one that tells
		return fmt.Errorf("reach Redis: %w", err)
	}
	return nil
}

// lineBuffer is what each connection keeps for reading and for writing, in bytes. go-redis' own 32 KiB, and 128 for pipelines, are
// megabytes for a pool, and hardly a value of ours is that long.
const lineBuffer = 8 << 10

// topologyAge is how long the client relies on what it has read of a cluster's nodes: a master that is dead names no successor.
const topologyAge = 2 * time.Second

// dial makes a client without connecting; it keeps to its callers' deadlines even when Redis is silent. Its errors never repeat the URL, which may hold a password.
func dial(raw string) (redis.UniversalClient, error) {
	const want = `want "redis://host:6379/0", "rediss://…", "unix:///path", "redis+sentinel://host:26379?master_name=…" or a comma list of cluster nodes`
	switch {
	case strings.HasPrefix(raw, "redis+sentinel://"), strings.HasPrefix(raw, "rediss+sentinel://"):
		o, err := redis.ParseFailoverURL(strings.Replace(nodesURL(raw), "+sentinel", "", 1))
		if err != nil {
			return nil, fmt.Errorf("read the Redis Sentinel URL (%s): %w", want, unquoted(err))
		}
		if o.MasterName == "" {
			return nil, fmt.Errorf("read the Redis Sentinel URL (%s): master_name is missing", want)
		}
		o.ContextTimeoutEnabled = true
		o.ReadBufferSize, o.WriteBufferSize, o.PipelineReadBufferSize, o.PipelineWriteBufferSize = lineBuffer, lineBuffer, lineBuffer, lineBuffer
		return redis.NewFailoverClient(o), nil
	case strings.Contains(raw, ","):
		o, err := redis.ParseClusterURL(nodesURL(raw))
		if err != nil {
			return nil, fmt.Errorf("read the Redis cluster URL (%s): %w", want, unquoted(err))
		}
		o.MaintNotificationsConfig, o.ContextTimeoutEnabled, o.ClusterStateReloadInterval = quiet(), true, topologyAge
		o.ReadBufferSize, o.WriteBufferSize, o.PipelineReadBufferSize, o.PipelineWriteBufferSize = lineBuffer, lineBuffer, lineBuffer, lineBuffer
		return redis.NewClusterClient(o), nil
	}
	o, err := redis.ParseURL(raw)
	if err != nil {
		return nil, fmt.Errorf("read the Redis URL (%s): %w", want, unquoted(err))
	}
	o.MaintNotificationsConfig, o.ContextTimeoutEnabled = quiet(), true
	o.ReadBufferSize, o.WriteBufferSize, o.PipelineReadBufferSize, o.PipelineWriteBufferSize = lineBuffer, lineBuffer, lineBuffer, lineBuffer
	return redis.NewClient(o), nil
}

// CheckURL reports whether Open can read an address of Redis; it asks nobody.
func CheckURL(raw string) error {
	if raw == "" || raw == "memory:" {
		return nil
	}
	client, err := dial(raw)
	if err != nil {
		return err
	}
	return client.Close()
}

// nodesURL turns "redis://u:p@a:1,b:2,redis://c:3?x=y" into go-redis' form, one host and addr parameters.
func nodesURL(raw string) string {
	raw, query, _ := strings.Cut(raw, "?")
	nodes := strings.Split(raw, ",")
	values := make([]string, 0, len(nodes))
	for _, node := range nodes[1:] {
		if _, rest, ok := strings.Cut(node, "://"); ok {
			node = rest
		}
		node = node[strings.LastIndexByte(node, '@')+1:]
		values = append(values, "addr="+url.QueryEscape(strings.Trim(node, "/ ")))
	}
	if query != "" {
		values = append(values, query)
	}
	return strings.TrimSpace(nodes[0]) + "?" + strings.Join(values, "&")
}

// unquoted drops the URL that net/url repeats in its errors.
func unquoted(err error) error {
	if bad, ok := errors.AsType[*url.Error](err); ok {
		return bad.Err
	}
	return err
}

// quiet turns off the handshake for managed services' maintenance pushes, which plain servers answer with an error.
func quiet() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// warnOfEviction says when Redis may throw our state away. Managed services refuse CONFIG; that is not a fault.
func (db *DB) warnOfEviction(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	found, err := db.ConfigGet(ctx, "maxmemory-policy").Result()
	if err != nil {
		db.log.Debug("Redis does not tell its maxmemory-policy", "error", err)
		return
	}
	if policy := found["maxmemory-policy"]; policy != "" && policy != "noeviction" {
		db.log.Warn("Redis may drop accepted work when its memory is full: set maxmemory-policy to noeviction",
			"maxmemory_policy", policy)
	}
}

// go-redis has one logger for the whole program; without this it writes bare lines to stderr.
func init() { redis.SetLogger(clientLog{}) }

type clientLog struct{}

func (clientLog) Printf(ctx context.Context, format string, args ...any) {
	slog.WarnContext(ctx, fmt.Sprintf(format, args...))
}
