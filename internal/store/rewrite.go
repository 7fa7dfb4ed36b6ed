package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Rewrite is what became of a Redis' append-only file, the worst over all nodes.
type Rewrite string

// Ends of RewriteAOF, from good to bad.
const (
	RewriteNone    Rewrite = "none"      // there is no such file
	RewriteDone    Rewrite = "rewritten" // it holds what Redis holds and nothing more
	RewriteBegun   Rewrite = "begun"     // Redis is still at it when ctx ends
	RewriteRefused Rewrite = "refused"   // we may not ask for it, or Redis could not do it
)

var rewriteOrder = map[Rewrite]int{RewriteNone: 0, RewriteDone: 1, RewriteBegun: 2, RewriteRefused: 3}

const rewritePoll = 50 * time.Millisecond

// RewriteAOF has Redis write its append-only file anew: until then the file repeats every command, with the keys of what was
// removed since. It waits for the end while ctx lasts. why is Redis' answer when it refuses. Replicas and snapshots have files
// of their own, which it does not reach.
func (db *DB) RewriteAOF(ctx context.Context) (end Rewrite, why string, err error) {
	if db.mode == modeMemory {
		return RewriteNone, "", nil
	}
	nodes, err := db.nodes(ctx)
	if err != nil {
		return "", "", fmt.Errorf("rewrite the append-only file: %w", err)
	}
	end = RewriteNone
	for _, node := range nodes {
		one, reason, err := rewrite(ctx, node)
		if err != nil {
			return "", "", fmt.Errorf("rewrite the append-only file: %w", err)
		}
		if rewriteOrder[one] > rewriteOrder[end] {
			end, why = one, reason
		}
	}
	return end, why, nil
}

// rewrite is RewriteAOF for one node.
func rewrite(ctx context.Context, node redis.Cmdable) (Rewrite, string, error) {
	if state, err := persistence(ctx, node); err == nil && state["aof_enabled"] == "0" {
		return RewriteNone, "", nil
	}
	// One that is under way has begun before the removal, and what it writes may hold it.
	for asked := false; !asked; {
		err := node.BgRewriteAOF(ctx).Err()
		switch asked = err == nil; {
		case asked:
		case strings.Contains(err.Error(), "already in progress"):
			if end, why := awaitRewrite(ctx, node); end != RewriteDone {
				return end, why, nil
			}
		case trouble(err, 0) == nil && isAnswer(err):
			return RewriteRefused, err.Error(), nil
		default:
			return "", "", err
		}
	}
	end, why := awaitRewrite(ctx, node)
	return end, why, nil
}

// awaitRewrite waits until a node neither rewrites its file nor is about to.
func awaitRewrite(ctx context.Context, node redis.Cmdable) (Rewrite, string) {
	for {
		state, err := persistence(ctx, node)
		switch {
		case err != nil: // it may be forbidden to ask, and ctx may have ended
			return RewriteBegun, ""
		case state["aof_rewrite_in_progress"] == "0" && state["aof_rewrite_scheduled"] == "0":
			if state["aof_last_bgrewrite_status"] != "ok" {
				return RewriteRefused, "Redis could not write the file"
			}
			return RewriteDone, ""
		}
		select {
		case <-ctx.Done():
			return RewriteBegun, ""
		case <-time.After(rewritePoll):
		}
	}
}

// persistence reads the section of INFO.
func persistence(ctx context.Context, node redis.Cmdable) (map[string]string, error) {
	text, err := node.Info(ctx, "persistence").Result()
	if err != nil {
		return nil, err
	}
	state := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			state[name] = value
		}
	}
	return state, nil
}
