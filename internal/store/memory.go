package store

import (
	"fmt"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

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
