package session

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// placeLife is how long it is remembered which card was open on a ticket.
const placeLife = 7 * 24 * time.Hour

func placeKey(s Session) string {
	return store.Key(s.TenantID, "open", strconv.FormatInt(s.Ticket.ID, 10))
}

// SetPlace remembers what is open on the session's ticket ("deal:12"); "" forgets it. A request without ticket id has
// nothing to come back to.
func (s *Sessions) SetPlace(ctx context.Context, session Session, place string) error {
	if session.Ticket.ID == 0 {
		return nil
	}
	var err error
	if place == "" {
		err = s.db.Del(ctx, placeKey(session)).Err()
	} else {
		err = s.db.Set(ctx, placeKey(session), place, placeLife).Err()
	}
	if err != nil {
		return fmt.Errorf("remember open card: %w", err)
	}
	return nil
}

// Place is what was open on the session's ticket, "" for nothing.
func (s *Sessions) Place(ctx context.Context, session Session) (string, error) {
	if session.Ticket.ID == 0 {
		return "", nil
	}
	place, err := s.db.Get(ctx, placeKey(session)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("recall open card: %w", err)
	}
	return place, nil
}
