package crm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	probeOver = 4 // more ids than this are worth a try whether the filter works after all
	filterFor = 24 * time.Hour
)

// FilterWorks decides whether to try the filter. Without experience the account's own word counts, but for many ids a
// wrong no costs more than a vain try.
func (a *Account) FilterWorks(ctx context.Context, hint bool, n int) (bool, error) {
	if n == 1 {
		return false, nil // a single read is as cheap and always works
	}
	known, err := a.DB().Get(ctx, a.Keys().Filter()).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, fmt.Errorf("read what is known of filters: %w", err)
	}
	switch known {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	return hint || n > probeOver, nil
}

// NoteFilter stores for a day whether filters work, "on" or "off".
func (a *Account) NoteFilter(ctx context.Context, state string) error {
	if err := a.DB().Set(ctx, a.Keys().Filter(), state, filterFor).Err(); err != nil {
		return fmt.Errorf("store what is known of filters: %w", err)
	}
	return nil
}
