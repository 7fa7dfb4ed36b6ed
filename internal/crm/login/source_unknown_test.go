package login

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/oauth"
)

func TestToken_unknownOutcomeIsTriedOnceMoreWithTheSameToken(t *testing.T) {
	for name, trouble := range map[string]http.HandlerFunc{"502": refusing(502, ""), "cut line": cut} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.grant(-time.Minute)
			w.crm.next(trouble)
			if _, err := w.grants.Auth("t1").Token(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			sent := w.crm.sent()
			if len(sent) != 2 || sent[0]["refresh_token"] != "refresh-0" || sent[1]["refresh_token"] != "refresh-0" {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

func TestToken_unknownOutcomeTwiceKeepsTheGrant(t *testing.T) {
	w := newWorld(t)
	old := w.grant(-time.Minute)
	w.crm.next(refusing(504, ""), cut)
	_, err := w.grants.Auth("t1").Token(t.Context(), "")
	if !errors.Is(err, amocrm.ErrUpstream) {
		t.Fatalf("%v, want amocrm.ErrUpstream", err)
	}
	// The refresh's outcome must not be taken for that of the request that wanted a token.
	for _, forbidden := range []error{amocrm.ErrUnknownOutcome, amocrm.ErrInvalid, amocrm.ErrUnauthorized, oauth.ErrNeedsLogin} {
		if errors.Is(err, forbidden) {
			t.Errorf("it matches %v", forbidden)
		}
	}
	if now := w.stored(); now.Generation != old.Generation || w.status().State != "connected" || len(w.crm.sent()) != 2 {
		t.Errorf("%v, %d requests", now, len(w.crm.sent()))
	}
	if _, err := w.replica().Auth("t1").Token(t.Context(), ""); !errors.Is(err, amocrm.ErrUpstream) || len(w.crm.sent()) != 2 {
		t.Errorf("at once again: %v, %d requests; want no third", err, len(w.crm.sent()))
	}
	w.redis.FastForward(holdUpstream)
	if _, err := w.grants.Auth("t1").Token(t.Context(), ""); err != nil {
		t.Errorf("later: %v", err)
	}
}

func TestToken_unknownOutcomeThatHadHappened(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	w.crm.next(func(rw http.ResponseWriter, r *http.Request) {
		w.crm.mu.Lock()
		w.crm.refresh = "changed-but-never-told"
		w.crm.mu.Unlock()
		cut(rw, r)
	})
	if _, err := w.grants.Auth("t1").Token(t.Context(), ""); !errors.Is(err, oauth.ErrNeedsLogin) {
		t.Errorf("%v, want a lost grant", err)
	}
}

func TestToken_callerWhoLeavesDoesNotStopTheRefresh(t *testing.T) {
	w := newWorld(t)
	old := w.grant(-time.Minute)
	arrived, release := make(chan struct{}), make(chan struct{})
	w.crm.next(func(rw http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		w.crm.rotate(rw, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, err := w.grants.Auth("t1").Token(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	short, cancelShort := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancelShort()
	if err := w.grants.Wait(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait does not see the refresh: %v", err)
	}
	close(release)
	if err := w.grants.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := w.stored(); now.Generation != old.Generation+1 || now.Refresh != "refresh-1" {
		t.Errorf("%v", now)
	}
}

func TestToken_isNotHandedOutBeforeItIsStored(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	var down atomic.Bool
	w.crm.next(func(rw http.ResponseWriter, r *http.Request) {
		down.Store(true)
		w.redis.SetError("ERR out of order")
		w.crm.rotate(rw, r)
	})
	type outcome struct {
		token string
		err   error
	}
	got := make(chan outcome, 1)
	go func() {
		token, err := w.grants.Auth("t1").Token(t.Context(), "")
		got <- outcome{token, err}
	}()
	eventually(t, "the pair has come", func() bool { return down.Load() })
	select {
	case o := <-got:
		t.Fatalf("while Redis is down: %+v", o)
	case <-time.After(300 * time.Millisecond):
	}
	w.redis.SetError("")
	o := <-got
	if o.err != nil || o.token != w.stored().Access || w.stored().Refresh != "refresh-1" {
		t.Errorf("%+v", o)
	}
}

func TestToken_pairThatRedisDidNotTakeIsStoredLater(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.storeTime = 200 * time.Millisecond })
	w.grant(-time.Minute)
	w.crm.next(func(rw http.ResponseWriter, r *http.Request) {
		w.redis.SetError("ERR out of order")
		w.crm.rotate(rw, r)
	})
	if _, err := w.grants.Auth("t1").Token(t.Context(), ""); err == nil {
		t.Fatal("handed out without being stored")
	}
	w.redis.SetError("")
	w.redis.FastForward(refreshLock) // the lock could not be freed either
	got, err := w.grants.Auth("t1").Token(t.Context(), "")
	if err != nil || got != jwtOf(w.stored()) || w.stored().Refresh != "refresh-1" || len(w.crm.sent()) != 1 {
		t.Errorf("%v, stored %v, %d requests; want the pair of the first", err, w.stored(), len(w.crm.sent()))
	}
}

func jwtOf(g oauth.Grant) string { return g.Access }
