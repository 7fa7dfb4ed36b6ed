// Package session is an opened card in a ticket: the block request as the helpdesk posts it, the session that carries it
// into the panel, what is kept beside it, and the envelope that goes back.
//
// It refuses to know what the panel shows: pages live in the blocks.
//
// Invariants: a session id is 128 random bits and opens only its own tenant; what a session holds is sealed in Redis; no
// personal data stands in a URL; a form that is sent twice acts once.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/store"
)

// SessionLife is how long a panel works after it was last used.
const SessionLife = 12 * time.Hour

// sessionSchema is the form in which sessions are stored.
const sessionSchema = 1

// ErrExpired says that the session does not exist (any more): the agent has to refresh the block.
var ErrExpired = errors.New("the block session has expired")

// Session is what one opened block may see: one tenant, one ticket.
type Session struct {
	V         int             `json:"v"`
	ID        string          `json:"-"`
	TenantID  string          `json:"tenant"`
	Ticket    helpdesk.Ticket `json:"ticket"`
	Lang      i18n.Lang       `json:"lang"`
	CreatedAt time.Time       `json:"created_at"`
}

// Sessions keeps sessions in Redis, sealed, under a hash of their id: who reads Redis can neither use nor read them.
type Sessions struct {
	db *store.DB
}

// NewSessions works on db.
func NewSessions(db *store.DB) *Sessions { return &Sessions{db: db} }

var idShape = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)

// NewID is 128 random bits in URL-safe text, 22 characters.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func sessionKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return store.Shared("session", hex.EncodeToString(sum[:16]))
}

// Create stores s under a new id and returns it with the id.
func (s *Sessions) Create(ctx context.Context, session Session) (Session, error) {
	session.V, session.ID = sessionSchema, NewID()
	return session, s.save(ctx, session)
}

// Move makes a session open another tenant: a login may end in joining an older one. An expired session stays expired.
func (s *Sessions) Move(ctx context.Context, id, tenantID string) error {
	session, err := s.Get(ctx, id)
	if err != nil || session.TenantID == tenantID {
		return err
	}
	session.TenantID = tenantID
	return s.save(ctx, session)
}

func (s *Sessions) save(ctx context.Context, session Session) error {
	key := sessionKey(session.ID)
	sealed, err := s.db.Ring().SealJSON(session, key)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	return store.Wrap("store session", s.db.Set(ctx, key, sealed, SessionLife).Err())
}

// opened returns what was sealed under a key, as it was read. ok is false when there is nothing, or it was sealed with a key that
// is gone.
func (s *Sessions) opened(key string, read *redis.StringCmd) (plain []byte, ok bool, err error) {
	sealed, there, err := store.Found(read.Result())
	if !there {
		return nil, false, err
	}
	plain, err = s.db.Ring().Open(sealed, key)
	return plain, err == nil, nil
}

// Get reads a session and starts its life anew. Unknown, expired and unreadable ones are ErrExpired.
func (s *Sessions) Get(ctx context.Context, id string) (Session, error) {
	if !idShape.MatchString(id) {
		return Session{}, ErrExpired
	}
	key := sessionKey(id)
	plain, ok, err := s.opened(key, s.db.GetEx(ctx, key, SessionLife))
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	if !ok {
		return Session{}, ErrExpired
	}
	var session Session
	if err := json.Unmarshal(plain, &session); err != nil {
		return Session{}, fmt.Errorf("decode session: %w", err)
	}
	if session.V > sessionSchema {
		return Session{}, ErrExpired // opened by a newer version: refreshing the block opens one that this one can read
	}
	session.ID = id
	return session, nil
}

// SessionPrint names a session where its id, which opens it, must not stand.
func SessionPrint(id string) string {
	sum := sha256.Sum256([]byte("print:" + id))
	return hex.EncodeToString(sum[:8])
}
