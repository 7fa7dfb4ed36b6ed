package login

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/oauth"
)

// wantRefused fails unless err lets callers wait, says since when, and asks nobody to log in.
func wantRefused(t *testing.T, err error) *oauth.RefusedError {
	t.Helper()
	var refused *oauth.RefusedError
	if !errors.As(err, &refused) || !errors.Is(err, amocrm.ErrUpstream) || refused.Since.IsZero() || !refused.Next.After(refused.Since) {
		t.Fatalf("%v, want a refusal that lets wait", err)
	}
	for _, forbidden := range []error{oauth.ErrNeedsLogin, amocrm.ErrUnauthorized, amocrm.ErrInvalid, amocrm.ErrUnknownOutcome} {
		if errors.Is(err, forbidden) {
			t.Errorf("it matches %v", forbidden)
		}
	}
	return refused
}

func TestRefused_oneRefusalWithoutAReasonKeepsTheLogin(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no hint": refusing(401, ""), "another hint": refusing(401, "Something is wrong"),
		"no body": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) },
		"a page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(401)
			_, _ = w.Write([]byte("<html>revoked</html>"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.grant(-time.Minute)
			w.crm.next(answer)
			_, err := w.grants.Auth("t1").Token(t.Context(), "")
			refused := wantRefused(t, err)
			if s := w.status(); s.State != "connected" || s.Refused == nil || !s.Refused.Since.Equal(refused.Since) {
				t.Errorf("%+v, want the refusal to be told", s)
			}
			restarted := w.replica() // what is known of it lives in Redis
			for range 3 {
				_, err = restarted.Auth("t1").Token(t.Context(), "")
				wantRefused(t, err)
			}
			if n := len(w.crm.sent()); n != 1 {
				t.Errorf("%d tries within the minute", n)
			}
			w.pass(waits[0])
			if _, err := restarted.Auth("t1").Token(t.Context(), ""); err != nil {
				t.Fatalf("after a minute: %v", err)
			}
			if sent := w.crm.sent(); len(sent) != 2 || sent[1]["refresh_token"] != old.Refresh {
				t.Errorf("sent %v, want the same refresh token", sent)
			}
			if s := w.status(); s.State != "connected" || s.Refused != nil {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestRefused_tokenThatIsStillGoodIsHandedOutMeanwhile(t *testing.T) {
	w := newWorld(t)
	old := w.grant(10 * time.Minute)
	w.crm.next(refusing(401, ""))
	for range 3 {
		if got, err := w.grants.Auth("t1").Token(t.Context(), ""); err != nil || got != old.Access {
			t.Fatalf("%q, %v; want the one that is still good", got, err)
		}
		eventually(t, "the refresh ahead has been refused", func() bool { return w.status().Refused != nil })
	}
	if n := len(w.crm.sent()); n != 1 {
		t.Errorf("%d tries within the minute", n)
	}
}

func TestRefused_triesWaitOneFiveAndFifteenMinutes(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	replicas := []*Grants{w.grants, w.replica()}
	for try, wait := range []time.Duration{0, time.Minute, 5 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		if wait > 0 {
			w.pass(wait - time.Second)
			_, err := replicas[try%2].Auth("t1").Token(t.Context(), "")
			wantRefused(t, err)
			if n := len(w.crm.sent()); n != try {
				t.Fatalf("a try %s after the last one", wait-time.Second)
			}
			w.pass(time.Second)
		}
		w.crm.next(refusing(401, ""))
		var callers sync.WaitGroup
		for i := range 10 {
			callers.Go(func() {
				if _, err := replicas[i%2].Auth("t1").Token(t.Context(), ""); !errors.As(err, new(*oauth.RefusedError)) {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if n := len(w.crm.sent()); n != try+1 {
			t.Fatalf("%d tries, want %d", n, try+1)
		}
	}
}

func TestRefused_forHoursIsLost(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	var err error
	tries := 0
	for ; w.status().State == "connected"; tries++ {
		if tries > 100 {
			t.Fatal("never lost")
		}
		w.crm.next(refusing(401, ""))
		if _, err = w.grants.Auth("t1").Token(t.Context(), ""); w.status().State == "connected" {
			wantRefused(t, err)
			w.pass(waitAfter(tries + 1))
		}
	}
	var lost oauth.ErrGrantLost
	if !errors.As(err, &lost) || !strings.Contains(lost.Why, "no reason given") {
		t.Errorf("%v", err)
	}
	if passed := time.Duration(w.passed.Load()); passed < giveUpAfter || passed > giveUpAfter+waits[2] {
		t.Errorf("lost after %s", passed)
	}
}

func TestRefused_twoTriesADayApartAreNoHoursOfRefusals(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	for range 3 {
		w.crm.next(refusing(401, ""))
		_, err := w.grants.Auth("t1").Token(t.Context(), "")
		wantRefused(t, err)
		w.pass(24 * time.Hour)
	}
	if _, err := w.grants.Auth("t1").Token(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

func TestRefused_onlyAmoCRMsOwnWordsEndTheLoginAtOnce(t *testing.T) {
	says := func(status int, body map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body) }
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		lost   bool
	}{
		"revoked":                 {refusing(401, "Token has been revoked"), true},
		"revoked, status 400":     {refusing(400, "Token has been revoked"), true},
		"invalid refresh token":   {refusing(401, "Invalid refresh token"), true},
		"expired":                 {refusing(401, "Token has expired"), true},
		"invalid_grant, revoked":  {says(400, map[string]any{"error": "invalid_grant", "error_description": "Token has been revoked"}), true},
		"invalid_grant, invalid":  {says(401, map[string]any{"error": "invalid_grant", "hint": "", "error_description": "The refresh token is invalid."}), true},
		"invalid_grant, no words": {says(401, map[string]any{"error": "invalid_grant"}), false},
		"client":                  {refusing(401, "Check the `client_id` parameter"), false},
		"revoked, server error":   {refusing(503, "Token has been revoked"), false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.grant(-time.Minute)
			w.crm.next(c.answer, c.answer)
			_, err := w.grants.Auth("t1").Token(t.Context(), "")
			if errors.Is(err, oauth.ErrNeedsLogin) != c.lost || (w.status().State == "lost") != c.lost {
				t.Errorf("%v, %s", err, w.status().State)
			}
		})
	}
}

// The API refuses every access token for a while although the token endpoint issues them.
func TestRefused_pairsThatWereJustIssuedAreKept(t *testing.T) {
	w := newWorld(t)
	refused := w.grant(20 * time.Hour).Access
	replicas := []*Grants{w.grants, w.replica()}
	for refreshes, wait := range []time.Duration{0, time.Minute, 5 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		w.pass(wait)
		fresh, err := replicas[refreshes%2].Auth("t1").Token(t.Context(), refused)
		if err != nil || fresh == refused {
			t.Fatalf("refresh %d: %v", refreshes+1, err)
		}
		refused = fresh
		for i := range 4 { // calls of the API that are refused
			_, err := replicas[i%2].Auth("t1").Token(t.Context(), refused)
			wantRefused(t, err)
		}
		if n := len(w.crm.sent()); n != refreshes+1 {
			t.Fatalf("%d refreshes, want %d", n, refreshes+1)
		}
		if s := w.status(); s.State != "connected" || s.Refused == nil {
			t.Fatalf("%+v", s)
		}
		if got, err := replicas[0].Auth("t1").Token(t.Context(), ""); err != nil || got != refused {
			t.Fatalf("%v; want the newest token to be tried", err)
		}
	}
	w.pass(waits[2] + calmAfter + time.Second) // nothing is refused any more
	if s := w.status(); s.Refused != nil {
		t.Errorf("%+v", s)
	}
	for range 2 { // the next refusal is the first of its kind
		if _, err := w.grants.Auth("t1").Token(t.Context(), w.stored().Access); err != nil {
			t.Error(err)
		}
		w.pass(waits[0])
	}
}

func TestRefused_pairsForHoursAreLost(t *testing.T) {
	w := newWorld(t)
	w.grant(20 * time.Hour)
	for w.status().State == "connected" {
		_, _ = w.grants.Auth("t1").Token(t.Context(), w.stored().Access)
		if w.pass(time.Minute); time.Duration(w.passed.Load()) > 13*time.Hour {
			t.Fatal("never lost")
		}
	}
	if passed := time.Duration(w.passed.Load()); passed < giveUpAfter || !strings.Contains(w.status().Why, "just issued") {
		t.Errorf("after %s: %+v", passed, w.status())
	}
	if n := len(w.crm.sent()); n > 60 {
		t.Errorf("%d refreshes in 12 hours", n)
	}
}

// An older version knows only that the pair was asked for after a refusal.
func TestRefused_pairOfAnOlderVersionIsKept(t *testing.T) {
	w := newWorld(t)
	g := w.grant(20*time.Hour, func(g *oauth.Grant) { g.AfterRejection, g.RefreshedAt = true, time.Now() })
	_, err := w.grants.Auth("t1").Token(t.Context(), g.Access)
	wantRefused(t, err)
	w.pass(waits[0])
	if _, err := w.grants.Auth("t1").Token(t.Context(), g.Access); err != nil {
		t.Error(err)
	}
}

func TestRefused_longLivedTokenIsKeptForHours(t *testing.T) {
	w := newWorld(t)
	g := w.grant(0, func(g *oauth.Grant) { g.Refresh, g.ExpiresAt = "", time.Time{} })
	ask := func() error {
		_, err := w.grants.Auth("t1").Token(t.Context(), g.Access)
		return err
	}
	wantRefused(t, ask())
	if got, err := w.replica().Auth("t1").Token(t.Context(), ""); err != nil || got != g.Access {
		t.Errorf("%v, want it to be tried on", err)
	}
	w.pass(giveUpAfter) // and it worked
	wantRefused(t, ask())
	began := time.Duration(w.passed.Load())
	for w.status().State == "connected" {
		if err := ask(); w.status().State == "connected" {
			wantRefused(t, err)
		}
		if w.pass(time.Minute); time.Duration(w.passed.Load()) > began+13*time.Hour {
			t.Fatal("never lost")
		}
	}
	if passed := time.Duration(w.passed.Load()) - began; passed < giveUpAfter || len(w.crm.sent()) != 0 {
		t.Errorf("lost after %s, %d refreshes", passed, len(w.crm.sent()))
	}
}

func TestRefused_loginMeanwhileWins(t *testing.T) {
	w := newWorld(t)
	w.grant(-time.Minute)
	var login oauth.Grant
	w.crm.next(func(rw http.ResponseWriter, _ *http.Request) {
		login = w.grant(20*time.Hour, func(g *oauth.Grant) { g.Access, g.Refresh = jwt(31, 99), "refresh-99" })
		problem(rw, 401, "")
	})
	if got, err := w.grants.Auth("t1").Token(t.Context(), ""); err != nil || got != login.Access {
		t.Errorf("%v, want the login's token", err)
	}
	if s := w.status(); s.Refused != nil {
		t.Errorf("the new login counts as refused: %+v", s)
	}
}
