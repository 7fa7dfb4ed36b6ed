package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Names of what is kept beside a session.
const (
	AsideMessage = "message" // the client's last message
	AsideDeals   = "deals"   // which deals the agent wants to see
)

func asideKey(s Session, name string) string { return sessionKey(s.ID) + ":aside:" + name }

// SetAside keeps a small text beside a session, sealed, for a session's life; "" removes it. Unlike the session itself it
// may be written while others change it.
func (s *Sessions) SetAside(ctx context.Context, session Session, name, value string) error {
	key := asideKey(session, name)
	var err error
	if value == "" {
		err = s.db.Del(ctx, key).Err()
	} else {
		err = s.db.Set(ctx, key, s.db.Ring().Seal([]byte(value), key), SessionLife).Err()
	}
	if err != nil {
		return fmt.Errorf("keep %s of the session: %w", name, err)
	}
	return nil
}

// Aside is what was kept under name, "" for nothing.
func (s *Sessions) Aside(ctx context.Context, session Session, name string) (string, error) {
	key := asideKey(session, name)
	sealed, err := s.db.GetEx(ctx, key, SessionLife).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s of the session: %w", name, err)
	}
	plain, err := s.db.Ring().Open(sealed, key)
	if err != nil {
		return "", nil // sealed with a key that is gone: as good as not kept
	}
	return string(plain), nil
}
