package session

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/store"
)

// KeptSession is an opened block as it is stored. Its id is not: only a digest of it is.
type KeptSession struct {
	Session
	Message string `json:"message,omitempty"` // the client's last message, kept beside it
	key     string
}

// AnyClient stands for every client in Of.
const AnyClient = -1

// Of returns the sessions of a tenant that show one of his helpdesk's clients, or one of the tickets.
func (s *Sessions) Of(ctx context.Context, tenantID string, clientID int64, tickets map[int64]bool) ([]KeptSession, error) {
	var out []KeptSession
	err := s.db.Walk(ctx, store.Shared("session", "*"), func(keys []string) error {
		for _, key := range keys {
			if strings.Count(key, ":") != strings.Count(store.Shared("session", "x"), ":") {
				continue // kept beside one
			}
			kept, ok, err := s.kept(ctx, key)
			if err != nil {
				return err
			}
			if ok && kept.TenantID == tenantID && (clientID == AnyClient || kept.Ticket.Client.ID == clientID || tickets[kept.Ticket.ID]) {
				out = append(out, kept)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look through the sessions: %w", err)
	}
	return out, nil
}

// kept reads a session by its Redis key, without making it live longer.
func (s *Sessions) kept(ctx context.Context, key string) (KeptSession, bool, error) {
	got := KeptSession{key: key}
	plain, ok, err := s.opened(key, s.db.Get(ctx, key))
	if err != nil || !ok || json.Unmarshal(plain, &got.Session) != nil {
		return got, false, err
	}
	aside := key + ":aside:" + AsideMessage
	beside, _, err := s.opened(aside, s.db.Get(ctx, aside))
	got.Message = string(beside)
	return got, true, err
}

// Erase removes sessions with all that is kept beside them, and the places of their tickets.
func (s *Sessions) Erase(ctx context.Context, tenantID string, sessions []KeptSession, tickets map[int64]bool) (removed int, err error) {
	for _, kept := range sessions {
		n, err := s.db.Unlinked(ctx, kept.key+":*")
		if err == nil {
			var own int64
			own, err = s.db.Unlink(ctx, kept.key).Result()
			n += int(own)
		}
		if removed += n; err != nil {
			return removed, fmt.Errorf("erase session: %w", err)
		}
	}
	for id := range tickets {
		n, err := s.db.Unlink(ctx, store.Key(tenantID, "open", strconv.FormatInt(id, 10))).Result()
		if removed += int(n); err != nil {
			return removed, fmt.Errorf("erase place: %w", err)
		}
	}
	return removed, nil
}

// Keys implements privacy.Keeper: sessions do not lie under a tenant's keys.
func (s *Sessions) Keys() []string { return nil }

// Recognise implements privacy.Keeper: a block that was opened for the client shows one of the client's tickets.
func (s *Sessions) Recognise(ctx context.Context, p privacy.Subject) error {
	opened, err := s.Of(ctx, p.TenantID, p.ClientID, nil)
	for _, kept := range opened {
		p.HasTicket(kept.Ticket.ID)
	}
	return err
}

func (s *Sessions) OfPerson(ctx context.Context, p privacy.Subject) (privacy.Part, error) {
	found, err := s.Of(ctx, p.TenantID, p.ClientID, p.Tickets)
	return privacy.Part{Name: "open_blocks", Value: found, Count: len(found),
		Erase: func(ctx context.Context) (int, error) { return s.Erase(ctx, p.TenantID, found, p.Tickets) }}, err
}

func (s *Sessions) OfTenant(ctx context.Context, tenantID string) (privacy.Part, error) {
	found, err := s.Of(ctx, tenantID, AnyClient, nil)
	return privacy.Part{Name: "open_blocks", Value: found, Count: len(found)}, err
}
