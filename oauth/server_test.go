package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"golang.org/x/oauth2"

	"github.com/sidecard/sidecard/internal/store"
)

// asker issues "token n", or fails.
type asker struct {
	life time.Duration
	n    atomic.Int32
	err  error
}

func (a *asker) ask(_ context.Context, tenantID string) (*oauth2.Token, error) {
	n := a.n.Add(1)
	if a.err != nil {
		return nil, a.err
	}
	return &oauth2.Token{AccessToken: fmt.Sprint("token ", n, " of ", tenantID), Expiry: time.Now().Add(a.life)}, nil
}

func TestServer_oneReplicaAsksAndAllUseItsTokenUntilItEnds(t *testing.T) {
	redis := miniredis.RunT(t)
	ring, _ := store.NewRing()
	a := &asker{life: time.Hour}
	replicas := []*Server{NewServer(opened(t, redis, ring), "zoom", a.ask), NewServer(opened(t, redis, ring), "zoom", a.ask)}
	var all sync.WaitGroup
	for range 10 {
		for _, s := range replicas {
			all.Go(func() {
				if got, err := s.Token(t.Context(), "t1", ""); err != nil || got != "token 1 of t1" {
					t.Errorf("%q, %v", got, err)
				}
			})
		}
	}
	all.Wait()
	redis.FastForward(58 * time.Minute)
	if got, err := replicas[0].Token(t.Context(), "t1", ""); err != nil || got != "token 1 of t1" {
		t.Errorf("shortly before its end: %q, %v", got, err)
	}
	redis.FastForward(90 * time.Second) // half a minute before its end
	if got, err := replicas[1].Token(t.Context(), "t1", ""); err != nil || got != "token 2 of t1" {
		t.Errorf("at its end: %q, %v", got, err)
	}
	if got, err := replicas[1].Token(t.Context(), "t2", ""); err != nil || got != "token 3 of t2" {
		t.Errorf("of another tenant: %q, %v", got, err)
	}
}

func TestServer_aRefusedTokenIsAskedForAnewOnce(t *testing.T) {
	redis := miniredis.RunT(t)
	ring, _ := store.NewRing()
	a := &asker{life: time.Hour}
	s := NewServer(opened(t, redis, ring), "zoom", a.ask)
	for _, c := range []struct{ rejected, want string }{
		{"", "token 1 of t1"}, {"token 1 of t1", "token 2 of t1"}, {"token 1 of t1", "token 2 of t1"}, {"", "token 2 of t1"},
	} {
		if got, err := s.Token(t.Context(), "t1", c.rejected); err != nil || got != c.want {
			t.Errorf("after the refusal of %q: %q, %v", c.rejected, got, err)
		}
	}
}

func TestServer_anErrorIsNotKeptAndNoTokenLiesOpen(t *testing.T) {
	redis := miniredis.RunT(t)
	ring, _ := store.NewRing()
	a := &asker{life: time.Hour, err: errors.New("away")}
	s := NewServer(opened(t, redis, ring), "zoom", a.ask)
	if _, err := s.Token(t.Context(), "t1", ""); !errors.Is(err, a.err) {
		t.Errorf("%v", err)
	}
	a.err = nil
	if got, err := s.Token(t.Context(), "t1", ""); err != nil || got != "token 2 of t1" {
		t.Errorf("%q, %v", got, err)
	}
	if raw, err := redis.Get("sc:{t1}:grant:zoom"); err != nil || !store.IsSealed(raw) {
		t.Errorf("stored as %q, %v", raw, err)
	}
	a.life = 0
	if got, err := s.Token(t.Context(), "t2", ""); err != nil || got != "token 3 of t2" || redis.Exists("sc:{t2}:grant:zoom") {
		t.Errorf("a token of unknown life is stored: %q, %v", got, err)
	}
}
