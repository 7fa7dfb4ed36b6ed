package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/oauth"
)

func TestToken_goodOneIsHandedOutWithoutARequest(t *testing.T) {
	w := newWorld(t)
	g := w.grant(23 * time.Hour)
	got, err := w.grants.Auth("t1").Token(t.Context(), "")
	if err != nil || got != g.Access || w.crm.total() != 0 {
		t.Errorf("%q, %v, %d requests", got, err, w.crm.total())
	}
}

func TestToken_manyCallersOfManyReplicasMakeOneRefresh(t *testing.T) {
	for name, c := range map[string]struct {
		left    time.Duration
		refused bool
	}{"expired": {-time.Minute, false}, "refused": {20 * time.Hour, true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.grant(c.left)
			replicas := []*Grants{w.grants, w.replica(), w.replica()}
			rejected := ""
			if c.refused {
				rejected = old.Access
			}
			tokens := make([]string, 50)
			var wait sync.WaitGroup
			for i := range tokens {
				wait.Go(func() {
					var err error
					if tokens[i], err = replicas[i%3].Auth("t1").Token(t.Context(), rejected); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			slices.Sort(tokens)
			if n := len(w.crm.sent()); n != 1 || len(slices.Compact(tokens)) != 1 || tokens[0] == old.Access {
				t.Errorf("%d refreshes, tokens %v", n, slices.Compact(tokens))
			}
			now := w.stored()
			if now.Generation != old.Generation+1 || now.Access != tokens[0] || now.Refresh != "refresh-1" || now.AccountID != 31 ||
				!now.GrantedAt.Equal(old.GrantedAt) || time.Until(now.ExpiresAt) < 23*time.Hour {
				t.Errorf("stored: %v, expires %s", now, now.ExpiresAt)
			}
		})
	}
}

func TestToken_refreshGoesOutAsAmoCRMWantsIt(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute, func(g *oauth.Grant) {
		g.ClientSecret, g.RedirectURI = "old-secret", "https://old.example.com/oauth/callback"
	})
	if _, err := w.grants.Auth("t1").Token(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"client_id": "client-1", "client_secret": "client-secret-1", "grant_type": "refresh_token",
		"refresh_token": "refresh-0", "redirect_uri": "https://sidecard.example.com/oauth/callback"}
	if got := w.crm.sent()[0]; !equal(got, want) {
		t.Errorf("sent %v, want %v: the configured integration's present secret", got, want)
	}
	w.grant(-time.Minute, func(g *oauth.Grant) {
		g.ClientID, g.ClientSecret, g.RedirectURI, g.Refresh = "private", "private-secret", "https://old.example.com/cb", "refresh-1"
	})
	if _, err := w.grants.Auth("t1").Token(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	want = map[string]string{"client_id": "private", "client_secret": "private-secret", "grant_type": "refresh_token",
		"refresh_token": "refresh-1", "redirect_uri": "https://old.example.com/cb"}
	if got := w.crm.sent()[1]; !equal(got, want) {
		t.Errorf("sent %v, want %v: the private integration's own", got, want)
	}
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		if a[k] != b[k] {
			return false
		}
	}
	return true
}

func TestToken_isRefreshedAheadWithoutMakingAnybodyWait(t *testing.T) {
	w := newWorld(t)
	old := w.grant(14 * time.Minute)
	release := make(chan struct{})
	w.crm.next(func(rw http.ResponseWriter, r *http.Request) { <-release; w.crm.rotate(rw, r) })
	got, err := w.grants.Auth("t1").Token(t.Context(), "")
	if err != nil || got != old.Access {
		t.Errorf("%q, %v; want the one that is still good", got, err)
	}
	close(release)
	eventually(t, "the next pair is stored", func() bool { return w.stored().Generation == old.Generation+1 })
}

func TestToken_refusedOneThatAnotherProcessHasChangedIsReadAgain(t *testing.T) {
	w := newWorld(t)
	now := w.grant(20 * time.Hour)
	got, err := w.grants.Auth("t1").Token(t.Context(), "an-older-one")
	if err != nil || got != now.Access || w.crm.total() != 0 {
		t.Errorf("%q, %v, %d requests", got, err, w.crm.total())
	}
}

func TestToken_withoutAGrant(t *testing.T) {
	w := newWorld(t)
	_, err := w.grants.Auth("t1").Token(t.Context(), "")
	if !errors.Is(err, oauth.ErrNoGrant) || !errors.Is(err, oauth.ErrNeedsLogin) {
		t.Errorf("%v", err)
	}
	if s := w.status(); s.State != "none" {
		t.Errorf("%+v", s)
	}
}

func TestToken_loginDuringARefreshWins(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	var login oauth.Grant
	w.crm.next(func(rw http.ResponseWriter, r *http.Request) {
		login = w.grant(20*time.Hour, func(g *oauth.Grant) { g.Access, g.Refresh = jwt(31, 99), "refresh-99" })
		w.crm.rotate(rw, r)
	})
	got, err := w.grants.Auth("t1").Token(t.Context(), "")
	if err != nil || got != login.Access || w.stored().Refresh != "refresh-99" {
		t.Errorf("%q, %v; want the login's", got, err)
	}
}

func TestToken_hostThatIsNotAllowedAnyMoreGetsNoSecret(t *testing.T) {
	w := newWorld(t)
	evil := newCRM(t)
	w.grant(-time.Minute, func(g *oauth.Grant) { g.Base = evil.URL })
	if _, err := w.grants.Auth("t1").Token(t.Context(), ""); err == nil || evil.total() != 0 {
		t.Errorf("%v, %d requests", err, evil.total())
	}
}

// limiter counts.
type limiter struct{ waits, done, penalties atomic.Int32 }

func (p *limiter) Wait(context.Context) (func(), error) {
	p.waits.Add(1)
	return func() { p.done.Add(1) }, nil
}
func (p *limiter) Penalty(_ context.Context, s int) { p.penalties.Add(1) }

func TestToken_refreshKeepsTheAccountsPace(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	p := &limiter{}
	w.grants.amo.limiter = func(base string) amocrm.Limiter {
		if base != w.crm.URL {
			t.Errorf("limiter of %s", base)
		}
		return p
	}
	w.crm.next(refusing(429, ""))
	if _, err := w.grants.Auth("t1").Token(t.Context(), ""); !errors.Is(err, amocrm.ErrLimited) {
		t.Errorf("%v", err)
	}
	if p.waits.Load() != 1 || p.done.Load() != 1 || p.penalties.Load() != 1 {
		t.Errorf("%d waits, %d done, %d penalties", p.waits.Load(), p.done.Load(), p.penalties.Load())
	}
}

func TestDrop_wipesTheTokens(t *testing.T) {
	w := newWorld(t)
	if err := w.grants.Drop(t.Context(), "t1", "why not"); err != nil || w.status().State != "none" {
		t.Errorf("without a grant: %v, %+v", err, w.status())
	}
	w.grant(20 * time.Hour)
	if err := w.grants.Drop(t.Context(), "t1", "switched off"); err != nil {
		t.Fatal(err)
	}
	if g := w.stored(); g.Access != "" || g.Refresh != "" || w.status().Why != "switched off" {
		t.Errorf("%+v", w.status())
	}
}

func TestGrants_nothingSecretInLogsErrorsOrRedis(t *testing.T) {
	w := newWorld(t)
	var texts []string
	note := func(err error) {
		if err != nil {
			texts = append(texts, err.Error())
		}
	}
	secrets := []string{"client-secret-1", "refresh-0", "refresh-1", "refresh-2", jwtHead}
	g := w.grant(-time.Minute)
	auth := w.grants.Auth("t1")
	echo := func(rw http.ResponseWriter, r *http.Request) { // a server that repeats what it was sent
		sent := w.crm.sent()
		last := sent[len(sent)-1]
		problem(rw, 400, "bad: "+last["refresh_token"]+" "+last["client_secret"])
	}
	for _, answer := range []http.HandlerFunc{refusing(502, ""), cut, echo, nil, refusing(401, ""), refusing(401, "Token has been revoked")} {
		w.pass(20 * time.Minute)
		if answer != nil {
			w.crm.next(answer)
		}
		_, err := auth.Token(t.Context(), w.stored().Access)
		note(err)
	}
	texts = append(texts, w.log.String(), g.String(), w.redis.Dump())
	for _, key := range w.redis.Keys() {
		if w.redis.Type(key) == "hash" {
			fields, err := w.redis.HKeys(key)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range fields {
				texts = append(texts, w.redis.HGet(key, f))
			}
		} else if v, err := w.redis.Get(key); err == nil {
			texts = append(texts, v)
		}
	}
	for _, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s stands in: %.400s", secret, text)
			}
		}
	}
	if !strings.Contains(w.log.String(), "refreshed") || !strings.Contains(w.log.String(), "lost") {
		t.Errorf("the log does not tell the story: %s", w.log)
	}
}

// An older replica neither uses nor spends a grant in a form that it does not know.
func TestToken_grantOfANewerVersionIsRefused(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	g := w.stored()
	key := store.Key("t1", "grant")
	g.V = oauth.GrantSchema + 1
	plain, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.HSet(t.Context(), key, "grant", w.db.Ring().Seal(plain, key+"#"+strconv.FormatInt(g.Generation, 10))).Err(); err != nil {
		t.Fatal(err)
	}
	_, err = w.grants.Auth("t1").Token(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), "newer version") || errors.Is(err, oauth.ErrNeedsLogin) || w.crm.total() != 0 {
		t.Errorf("%v, %d requests; want a refusal that asks nobody to log in", err, w.crm.total())
	}
}

// The life of a token is judged by the replica's own clock. One that is ten minutes wrong asks too early or is refused once;
// either way a single refresh mends it, and nobody has to log in.
func TestToken_clockMinutesWrongCostsOneRefresh(t *testing.T) {
	for name, c := range map[string]struct{ skew, left time.Duration }{
		"ahead":  {10 * time.Minute, 5 * time.Minute},
		"behind": {-10 * time.Minute, -5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.grant(c.left)
			right := w.cfg.now
			w.cfg.now = func() time.Time { return right().Add(c.skew) }
			wrong := w.replica()
			token, err := wrong.Auth("t1").Token(t.Context(), "")
			if err == nil && token == old.Access { // amoCRM refuses it: its own clock is right
				token, err = wrong.Auth("t1").Token(t.Context(), token)
			}
			if err != nil || token == old.Access {
				t.Fatalf("the wrong clock: the old token %v, %v", token == old.Access, err)
			}
			if got, err := w.grants.Auth("t1").Token(t.Context(), ""); err != nil || got != token {
				t.Errorf("the right clock beside it gets another token: %v", err)
			}
			if n := w.crm.total(); n != 1 || w.status().State != "connected" {
				t.Errorf("%d refreshes, login %s", n, w.status().State)
			}
		})
	}
}
