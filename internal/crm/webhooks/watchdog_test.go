package webhooks

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
)

func TestWatchdog_subscribesOnceWithOurSettings(t *testing.T) {
	w := newHouse(t)
	w.sweep()
	secret := w.secret()
	if h := w.crm.hooks[public+hookPath+secret]; !sameSettings(h.Settings) || len(secret) < 22 {
		t.Errorf("subscribed %+v", h)
	}
	for range 3 {
		w.later(time.Hour)
		w.sweep()
	}
	if len(w.crm.hooks) != 1 || w.secret() != secret || w.crm.asked != 4 {
		t.Errorf("%d hooks after four turns, %d questions", len(w.crm.hooks), w.crm.asked)
	}
}

func TestWatchdog_mendsWhatIsWrong(t *testing.T) {
	for name, spoil := range map[string]func(hooks map[string]amocrm.Webhook, destination string){
		"disabled": func(hooks map[string]amocrm.Webhook, to string) {
			hooks[to] = amocrm.Webhook{Destination: to, Settings: settings, Disabled: true}
		},
		"missing": func(hooks map[string]amocrm.Webhook, to string) { delete(hooks, to) },
		"other settings": func(hooks map[string]amocrm.Webhook, to string) {
			hooks[to] = amocrm.Webhook{Destination: to, Settings: []string{"add_lead"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newHouse(t)
			w.sweep()
			to := public + hookPath + w.secret()
			spoil(w.crm.hooks, to)
			w.later(5 * time.Minute)
			w.sweep()
			if w.crm.asked != 1 {
				t.Fatalf("asked %d times within five minutes", w.crm.asked)
			}
			w.later(8 * time.Minute)
			w.sweep()
			if h := w.crm.hooks[to]; h.Disabled || !sameSettings(h.Settings) {
				t.Errorf("after the next turn: %+v", h)
			}
		})
	}
}

func TestWatchdog_refusalIsRememberedForADayOrUntilTheNextLogin(t *testing.T) {
	for name, refusal := range map[string]error{
		"no administrator": amocrm.ErrForbidden, "tariff": amocrm.ErrPayment, "address": amocrm.ErrInvalid,
	} {
		t.Run(name, func(t *testing.T) {
			w := newHouse(t)
			w.crm.err = refusal
			for range 20 { // four hours
				w.sweep()
				w.later(12 * time.Minute)
			}
			if w.crm.asked != 1 {
				t.Fatalf("asked %d times in four hours", w.crm.asked)
			}
			w.crm.err = nil
			w.s.Connected(t.Context(), w.tenant)
			w.s.active.Wait()
			if len(w.crm.hooks) != 1 {
				t.Error("a new login does not subscribe")
			}
			w.crm.err = refusal
			w.later(time.Hour)
			w.sweep()
			w.crm.err = nil
			w.crm.hooks = map[string]amocrm.Webhook{}
			w.later(25 * time.Hour)
			w.sweep()
			if len(w.crm.hooks) != 1 {
				t.Error("not asked again after a day")
			}
		})
	}
}

func TestWatchdog_troubleIsTriedAgainAtTheNextTurn(t *testing.T) {
	for name, trouble := range map[string]error{"down": amocrm.ErrUpstream, "blocked": amocrm.ErrBlocked, "limited": amocrm.ErrLimited} {
		t.Run(name, func(t *testing.T) {
			w := newHouse(t)
			w.crm.err = trouble
			w.sweep()
			w.crm.err = nil
			w.later(13 * time.Minute)
			w.sweep()
			if len(w.crm.hooks) != 1 {
				t.Error("not subscribed at the next turn")
			}
		})
	}
}

func TestWatchdog_leavesAloneWhoIsNotConnected(t *testing.T) {
	for _, state := range []string{"none", "lost"} {
		w := newHouse(t)
		w.grants.status.State = state
		w.sweep()
		if w.crm.asked != 0 {
			t.Errorf("%s: amoCRM was asked", state)
		}
	}
}

func TestWatchdog_loopbackAddressIsGoodForLocalAccountsOnly(t *testing.T) {
	for name, c := range map[string]struct {
		public, base string
		want         int
	}{
		"loopback, amoCRM's cloud":  {"http://127.0.0.1:8080", "https://example.amocrm.ru", 0},
		"by name":                   {"http://localhost:8080", "https://example.amocrm.ru", 0},
		"IPv6":                      {"http://[::1]:8080", "https://example.kommo.com", 0},
		"loopback, local amoCRM":    {"http://127.0.0.1:8080", "http://127.0.0.1:8081", 1},
		"public address, the cloud": {"https://sidecard.example.com", "https://example.amocrm.ru", 1},
		"http behind another proxy": {"http://sidecard.example.com", "https://example.amocrm.ru", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newHouse(t)
			w.s.PublicURL = c.public
			id := w.connect(c.base, "other token")
			if err := w.s.check(t.Context(), id, true); err != nil {
				t.Fatal(err)
			}
			if w.crm.asked != c.want {
				t.Errorf("asked %d times, want %d", w.crm.asked, c.want)
			}
		})
	}
}

func TestWatchdog_movesToANewPublicURL(t *testing.T) {
	w := newHouse(t)
	w.sweep()
	old := public + hookPath + w.secret()
	w.s.PublicURL = "https://moved.example.com"
	w.later(time.Hour)
	w.sweep()
	if _, still := w.crm.hooks[old]; still || len(w.crm.hooks) != 1 {
		t.Errorf("hooks after the move: %v", w.crm.hooks)
	}
}

func TestUnsubscribe_endsTheHookAndItsSecret(t *testing.T) {
	for name, trouble := range map[string]error{"": nil, "already gone": amocrm.ErrNotFound, "amoCRM down": amocrm.ErrUpstream} {
		w := newHouse(t)
		w.sweep()
		secret := w.secret()
		w.crm.err = trouble
		if err := w.s.Unsubscribe(t.Context(), w.tenant); (err != nil) != (name == "amoCRM down") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "" && len(w.crm.ended) != 1 {
			t.Error("amoCRM was not told")
		}
		if rec := w.deliver(secret, "leads[status][0][id]=5"); rec.Code != http.StatusOK || w.reads.changes != nil {
			t.Errorf("%s: the old secret still works: %d %v", name, rec.Code, w.reads.changes)
		}
	}
}

func TestRun_endsWithItsContext(t *testing.T) {
	w := newHouse(t)
	w.s.Run(cancelled(t))
	if w.s.ctx.Err() == nil {
		t.Error("still working after Run has returned")
	}
}

func TestSubscription_ofANewerVersionIsNotReplaced(t *testing.T) {
	w := newHouse(t)
	key := subscriptionKey(w.tenant)
	stored := w.s.DB.Ring().Seal([]byte(`{"v":2,"secrets":["a","b"]}`), key)
	if err := w.s.DB.Set(t.Context(), key, stored, 0).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.load(t.Context(), w.tenant); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("%v, want a refusal: a new secret would cut the newer version off", err)
	}
}
