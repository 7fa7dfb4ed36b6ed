package login

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/oauth"
)

func TestToken_lostWhenTheRefreshIsRefused(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute, func(g *oauth.Grant) { g.Refresh = "used-before" })
	_, err := w.grants.Auth("t1").Token(t.Context(), "")
	var lost oauth.ErrGrantLost
	if !errors.As(err, &lost) || !errors.Is(err, oauth.ErrNeedsLogin) || !strings.Contains(lost.Why, "Token has been revoked") {
		t.Fatalf("%v", err)
	}
	for _, forbidden := range []error{amocrm.ErrUnauthorized, amocrm.ErrUpstream, oauth.ErrNoGrant} {
		if errors.Is(err, forbidden) {
			t.Errorf("it matches %v", forbidden)
		}
	}
	if _, err := w.replica().Auth("t1").Token(t.Context(), ""); !errors.Is(err, oauth.ErrNeedsLogin) || len(w.crm.sent()) != 1 {
		t.Errorf("the next call: %v after %d refreshes", err, len(w.crm.sent()))
	}
	if s := w.status(); s.State != "lost" || s.Why != lost.Why || !s.Since.Equal(lost.Since) || s.AccountName != "Example" {
		t.Errorf("%+v", s)
	}
}

func TestToken_refusedRefreshWhileAnotherWins(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	var winner oauth.Grant
	w.crm.next(func(rw http.ResponseWriter, _ *http.Request) {
		winner = w.grant(20*time.Hour, func(g *oauth.Grant) { g.Access, g.Refresh = jwt(31, 99), "refresh-99" })
		problem(rw, 401, "Token has been revoked")
	})
	got, err := w.grants.Auth("t1").Token(t.Context(), "")
	if err != nil || got != winner.Access {
		t.Errorf("%q, %v; want the winner's", got, err)
	}
	if s := w.status(); s.State != "connected" {
		t.Errorf("%+v", s)
	}
}

func TestToken_configurationErrorsKeepTheGrant(t *testing.T) {
	for _, hint := range []string{"Check the `client_id` parameter", "Check the `client_secret` parameter",
		"Redirect URI is not associated with client", "Invalid account"} {
		t.Run(hint, func(t *testing.T) {
			w := newWorld(t)
			old := w.grant(-time.Minute)
			w.crm.next(refusing(400, hint))
			_, err := w.grants.Auth("t1").Token(t.Context(), "")
			var config *oauth.ConfigError
			if !errors.As(err, &config) || config.Hint != hint || !errors.Is(err, amocrm.ErrUpstream) || errors.Is(err, oauth.ErrNeedsLogin) || errors.Is(err, amocrm.ErrInvalid) {
				t.Fatalf("%v", err)
			}
			if now := w.stored(); now.Generation != old.Generation || w.status().State != "connected" {
				t.Errorf("%v", now)
			}
			if _, err := w.grants.Auth("t1").Token(t.Context(), ""); !errors.As(err, &config) || config.Hint != hint || len(w.crm.sent()) != 1 {
				t.Errorf("at once again: %v, %d requests", err, len(w.crm.sent()))
			}
			w.redis.FastForward(holdConfig)
			if _, err := w.grants.Auth("t1").Token(t.Context(), ""); err != nil {
				t.Errorf("mended: %v", err)
			}
		})
	}
}

func TestToken_otherRefusalsKeepTheGrant(t *testing.T) {
	blocked := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(403)
		_, _ = w.Write([]byte("<html><center>nginx</center></html>"))
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"blocked":   {blocked, amocrm.ErrBlocked},
		"limited":   {refusing(429, ""), amocrm.ErrLimited},
		"not found": {refusing(404, ""), amocrm.ErrUpstream},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example.com/", http.StatusFound)
		}, amocrm.ErrUpstream},
		"json 403":    {refusing(403, ""), amocrm.ErrUpstream},
		"no pair 200": {refusing(200, ""), amocrm.ErrUpstream},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.grant(-time.Minute)
			w.crm.next(c.answer, c.answer)
			if _, err := w.grants.Auth("t1").Token(t.Context(), ""); !errors.Is(err, c.want) || errors.Is(err, oauth.ErrNeedsLogin) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if now := w.stored(); now.Generation != old.Generation || now.Lost() {
				t.Errorf("%v", now)
			}
		})
	}
}

func TestToken_refusedLongAfterARefreshIsRefreshed(t *testing.T) {
	w := newWorld(t)
	old := w.grant(20*time.Hour, func(g *oauth.Grant) { g.AfterRejection = true })
	if _, err := w.grants.Auth("t1").Token(t.Context(), old.Access); err != nil {
		t.Error(err)
	}
}
