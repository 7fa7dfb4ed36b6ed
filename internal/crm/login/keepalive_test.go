package login

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/oauth"
)

func (w *world) sweep() {
	w.t.Helper()
	if err := w.grants.Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func TestKeepAlive_refreshesWhatWasIdleForAWeek(t *testing.T) {
	w := newWorld(t)
	day := 24 * time.Hour
	w.grant(-5 * day) // refreshed six days ago
	w.sweep()
	if n := len(w.crm.sent()); n != 0 {
		t.Fatalf("%d refreshes after six days", n)
	}
	w.grant(-7 * day)
	w.sweep()
	w.sweep()
	if n := len(w.crm.sent()); n != 1 || w.stored().Refresh != "refresh-1" {
		t.Errorf("%d refreshes, stored %v; want one", n, w.stored())
	}
}

func TestKeepAlive_failedOneIsTriedAgainLaterLostOneNever(t *testing.T) {
	w := newWorld(t)
	w.grant(-8 * 24 * time.Hour)
	w.crm.next(refusing(502, ""), refusing(502, ""), refusing(401, "Token has been revoked"))
	w.sweep()
	w.redis.FastForward(time.Minute)
	w.sweep()
	if n := len(w.crm.sent()); n != 2 {
		t.Fatalf("%d requests within the hour, want the first try's 2", n)
	}
	w.passed.Store(int64(2 * time.Hour))
	w.sweep()
	if w.status().State != "lost" {
		t.Fatalf("%+v", w.status())
	}
	w.passed.Store(int64(30 * 24 * time.Hour))
	w.sweep()
	if n := len(w.crm.sent()); n != 3 {
		t.Errorf("%d requests; a lost grant was refreshed", n)
	}
	if n := w.db.ZCard(t.Context(), store.Shared("grants")).Val(); n != 0 {
		t.Errorf("%d grants still listed", n)
	}
}

func TestKeepAlive_leavesLongLivedTokensAlone(t *testing.T) {
	w := newWorld(t)
	w.grant(-8*24*time.Hour, func(g *oauth.Grant) { g.Refresh = "" })
	w.sweep()
	if w.crm.total() != 0 || w.status().State != "connected" {
		t.Errorf("%d requests, %+v", w.crm.total(), w.status())
	}
}

func TestKeepAlive_oneReplicaAtATime(t *testing.T) {
	w := newWorld(t)
	w.grant(-8 * 24 * time.Hour)
	unlock, err := w.db.Lock(t.Context(), store.Shared("grants", "sweep"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.replica().Sweep(t.Context()); err != nil || w.crm.total() != 0 {
		t.Errorf("while another sweeps: %v, %d requests", err, w.crm.total())
	}
	unlock()
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for _, g := range []*Grants{w.grants, w.replica(), w.replica()} {
		wait.Go(func() { g.KeepAlive(ctx) })
	}
	eventually(t, "the grant is refreshed", func() bool { return w.stored().Refresh == "refresh-1" })
	cancel()
	wait.Wait()
	if n := len(w.crm.sent()); n != 1 {
		t.Errorf("%d refreshes", n)
	}
}

func TestKeepAlive_accountThatHangsHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	old := w.grant(-9 * 24 * time.Hour)
	old.RefreshedAt = old.RefreshedAt.Add(time.Hour)
	if _, err := w.grants.Store(t.Context(), "t2", old); err != nil {
		t.Fatal(err)
	}
	second := make(chan struct{})
	w.crm.next(func(rw http.ResponseWriter, r *http.Request) {
		select {
		case <-second:
		case <-time.After(30 * time.Second):
			t.Error("nobody else is refreshed while one account hangs")
		}
		refusing(401, "Token has been revoked")(rw, r)
	}, func(rw http.ResponseWriter, r *http.Request) {
		close(second)
		refusing(401, "Token has been revoked")(rw, r)
	})
	w.sweep()
	if n := len(w.crm.sent()); n != 2 {
		t.Errorf("%d refreshes, want 2", n)
	}
}
