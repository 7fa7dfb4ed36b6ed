package session

import (
	"context"
	"strconv"
	"time"

	"github.com/sidecard/sidecard/internal/store"
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
	if value != "" {
		value = s.db.Ring().Seal([]byte(value), key)
	}
	return store.Wrap("keep "+name+" of the session", s.keep(ctx, key, value, SessionLife))
}

// keep stores a value for a while; "" removes what is there.
func (s *Sessions) keep(ctx context.Context, key, value string, life time.Duration) error {
	if value == "" {
		return s.db.Del(ctx, key).Err()
	}
	return s.db.Set(ctx, key, value, life).Err()
}

// Aside is what was kept under name, "" for nothing.
func (s *Sessions) Aside(ctx context.Context, session Session, name string) (string, error) {
	key := asideKey(session, name)
	plain, _, err := s.opened(key, s.db.GetEx(ctx, key, SessionLife))
	return string(plain), store.Wrap("read "+name+" of the session", err)
}

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
	return store.Wrap("remember open card", s.keep(ctx, placeKey(session), place, placeLife))
}

// Place is what was open on the session's ticket, "" for nothing.
func (s *Sessions) Place(ctx context.Context, session Session) (string, error) {
	if session.Ticket.ID == 0 {
		return "", nil
	}
	place, _, err := store.Found(s.db.Get(ctx, placeKey(session)).Result())
	return place, store.Wrap("recall open card", err)
}
