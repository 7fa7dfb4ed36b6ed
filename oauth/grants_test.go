package oauth

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"github.com/sidecard/sidecard/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func opened(t *testing.T, redis *miniredis.Miniredis, ring *store.Ring) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + redis.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// issuer is a provider that issues pairs by its name.
type issuer struct {
	name    string
	refusal Refusal // of every refresh, unless its kind is Unavailable
	spent   atomic.Int32
}

func (i *issuer) Refresh(_ context.Context, _ string, g Grant) (*oauth2.Token, error) {
	i.spent.Add(1)
	if i.refusal.Kind != Unavailable {
		return nil, errors.New("refused")
	}
	return &oauth2.Token{AccessToken: i.name + " access", RefreshToken: g.Refresh + "+", Expiry: time.Now().Add(time.Hour)}, nil
}

func (i *issuer) Classify(error) Refusal { return i.refusal }

func of(db *store.DB, kind string, p *issuer) *Grants {
	return NewGrants(Options{DB: db, Provider: p, Name: p.name, Kind: kind})
}

func old(name string) Grant {
	return Grant{Access: name + " old", Refresh: name + " refresh", ExpiresAt: time.Now().Add(-time.Minute), RefreshedAt: time.Now().Add(-time.Hour)}
}

// A tenant has one grant of each provider; what becomes of one does not touch the other.
func TestGrants_ofTwoProvidersStandSideBySide(t *testing.T) {
	ring, _ := store.NewRing()
	db, ctx := opened(t, miniredis.RunT(t), ring), t.Context()
	first, second := &issuer{name: "first"}, &issuer{name: "second", refusal: Refusal{Kind: Ended, Why: "revoked"}}
	a, b := of(db, "", first), of(db, "second", second)
	for g, name := range map[*Grants]string{a: "first", b: "second"} {
		if _, err := g.Token(ctx, "t1", ""); !errors.Is(err, ErrNoGrant) {
			t.Errorf("%s before its login: %v", name, err)
		}
		if _, err := g.Store(ctx, "t1", old(name)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := a.Token(ctx, "t1", ""); err != nil || got.Access != "first access" || got.Refresh != "first refresh+" {
		t.Errorf("first: %q, %q, %v", got.Access, got.Refresh, err)
	}
	var lost ErrGrantLost
	if _, err := b.Token(ctx, "t1", ""); !errors.As(err, &lost) || lost.Provider != "second" || lost.Why != "second refuses to refresh it: revoked" {
		t.Errorf("second: %v", err)
	}
	if s, err := a.Status(ctx, "t1"); err != nil || s.State != "connected" {
		t.Errorf("the first one's login after the second one's loss: %+v, %v", s, err)
	}
	if err := a.Drop(ctx, "t1", "by hand"); err != nil {
		t.Fatal(err)
	}
	if s, err := b.Status(ctx, "t1"); err != nil || s.Why != "second refuses to refresh it: revoked" {
		t.Errorf("the second one's login after the first one's end: %+v, %v", s, err)
	}
}

func TestKeepAlive_ofOneProviderLeavesTheOthersGrantsAlone(t *testing.T) {
	ring, _ := store.NewRing()
	db, ctx := opened(t, miniredis.RunT(t), ring), t.Context()
	first, second := &issuer{name: "first"}, &issuer{name: "second"}
	a, b := of(db, "", first), of(db, "second", second)
	for _, g := range []*Grants{a, b} {
		idle := old(g.name)
		idle.RefreshedAt = time.Now().Add(-8 * 24 * time.Hour)
		if _, err := g.Store(ctx, "t1", idle); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Sweep(ctx); err != nil || first.spent.Load() != 0 || second.spent.Load() != 1 {
		t.Errorf("%v, refreshed %d of the first and %d of the second", err, first.spent.Load(), second.spent.Load())
	}
}

// What was stored before there were several providers is the first one's, where it lies.
func TestGrants_storedBeforeThereWereSeveralProviders(t *testing.T) {
	ring, _ := store.NewRing()
	db, ctx := opened(t, miniredis.RunT(t), ring), t.Context()
	key := "sc:{t1}:grant"
	sealed := ring.Seal([]byte(`{"v":1,"amo_base":"https://example.amocrm.ru","client_id":"client-1","client_secret":"secret-1","redirect_uri":"https://x/cb",`+
		`"access":"stored access","refresh":"stored refresh","expires_at":"2020-01-02T00:00:00Z","granted_at":"2020-01-01T00:00:00Z",`+
		`"refreshed_at":"2020-01-01T00:00:00Z","after_rejection":false,"account_id":31,"account_name":"Example","user_id":7,"lost_at":"0001-01-01T00:00:00Z","lost_why":""}`), key+"#4")
	if err := db.HSet(ctx, key, "gen", 4, "grant", sealed).Err(); err != nil {
		t.Fatal(err)
	}
	g := of(db, "", &issuer{name: "first"})
	was, err := g.Grant(ctx, "t1")
	if err != nil || was.Base != "https://example.amocrm.ru" || was.ClientSecret != "secret-1" || was.AccountID != 31 || was.Lost() {
		t.Fatalf("%v, %v", was, err)
	}
	now, err := g.Token(ctx, "t1", "")
	if err != nil || now.Refresh != "stored refresh+" || now.Generation != 5 || now.AccountName != "Example" || now.Base != was.Base {
		t.Errorf("%v, %v", now, err)
	}
}

func TestGrant_due(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		life, left time.Duration
		want       bool
	}{
		"day, half left":     {24 * time.Hour, 12 * time.Hour, false},
		"day, 16 min left":   {24 * time.Hour, 16 * time.Minute, false},
		"day, 15 min left":   {24 * time.Hour, 15 * time.Minute, true},
		"day, over":          {24 * time.Hour, -time.Hour, true},
		"minute, 3 s left":   {time.Minute, 3 * time.Second, false},
		"minute, 2 s left":   {time.Minute, 2 * time.Second, true},
		"end unknown":        {0, 0, false},
		"6 h, 15.5 min left": {6 * time.Hour, 15*time.Minute + 30*time.Second, false},
	} {
		g := Grant{RefreshedAt: now.Add(c.left - c.life), ExpiresAt: now.Add(c.left)}
		if c.life == 0 {
			g.ExpiresAt = time.Time{}
		}
		if got := g.due(now); got != c.want {
			t.Errorf("%s: due %v", name, got)
		}
	}
}
