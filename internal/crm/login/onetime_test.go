package login

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// newer stores a one-time value as a newer version would, and returns what lies there. within names the member whose form is
// the newer one, "" for the value itself.
func (w *world) newer(key, within string) string {
	w.t.Helper()
	ctx, members := w.t.Context(), map[string]any{}
	sealed, err := w.db.Get(ctx, key).Result()
	if err != nil {
		w.t.Fatal(err)
	}
	plain, err := w.db.Ring().Open(sealed, key)
	if err == nil {
		err = json.Unmarshal(plain, &members)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	of, known := members, 1
	if within != "" {
		of, known = members[within].(map[string]any), oauth.GrantSchema
	}
	if of["v"] != float64(known) {
		w.t.Fatalf("%s carries no version: %v", key, of["v"])
	}
	of["v"], of["added"] = known+1, "by the newer version"
	if plain, err = json.Marshal(members); err != nil {
		w.t.Fatal(err)
	}
	sealed = w.db.Ring().Seal(plain, key)
	if err := w.db.Set(ctx, key, sealed, loginTime).Err(); err != nil {
		w.t.Fatal(err)
	}
	return sealed
}

// decision is a login that waits for one.
func decision(t *testing.T) (*world, string, func() error) {
	w := newWorld(t)
	w.login("desk-old")
	_, r := w.login("desk-new")
	return w, oneTime("login-ticket", r.Conflict.Ticket), func() error {
		_, err := w.flow.Decide(t.Context(), r.Conflict.Ticket, true)
		if errors.Is(err, ErrTicket) {
			return oauth.ErrState
		}
		return err
	}
}

// A login that a newer version has begun is neither finished nor spent by an older one, whatever kind of login it is: the
// person is told to begin again, nothing is sent to amoCRM, and the newer version can still finish it.
func TestFlow_loginOfANewerVersionIsLeftToIt(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T) (w *world, key string, attempt func() error){
		"state": func(t *testing.T) (*world, string, func() error) {
			w := newWorld(t)
			s, c := w.start(w.tenant("desk-1").ID)
			return w, oneTime("login", s.State), func() error { _, err := w.flow.Finish(t.Context(), c); return err }
		},
		"disconnect": func(t *testing.T) (*world, string, func() error) {
			w := newWorld(t)
			tn, _ := w.login("desk-1")
			s, err := w.flow.StartDisconnect(t.Context(), tn.ID, "session-1", "en")
			if err != nil {
				t.Fatal(err)
			}
			c := Callback{Code: "code-2", Referer: tenant.Host(w.crm.URL), State: s.State, ClientID: w.cfg.ClientID, Binding: s.Binding}
			return w, oneTime("login", s.State), func() error { _, err := w.flow.Finish(t.Context(), c); return err }
		},
		"state that the integration's keys come for": func(t *testing.T) (*world, string, func() error) {
			w := newWorld(t, private)
			s, _ := w.start(w.tenant("desk-1").ID)
			return w, oneTime("login", s.State), func() error { return w.flow.Secrets(t.Context(), "private-1", "secret-1", s.State) }
		},
		"the integration's keys": func(t *testing.T) (*world, string, func() error) {
			w := newWorld(t, private)
			s, c := w.start(w.tenant("desk-1").ID)
			if err := w.flow.Secrets(t.Context(), "private-1", "secret-1", s.State); err != nil {
				t.Fatal(err)
			}
			c.ClientID = "private-1"
			return w, oneTime("login-secrets", s.State), func() error {
				_, err := w.flow.Finish(t.Context(), c)
				if errors.Is(err, ErrSecrets) {
					return oauth.ErrState // the same page: begin again
				}
				return err
			}
		},
		"decision":            decision,
		"decision, its grant": decision,
	} {
		t.Run(name, func(t *testing.T) {
			w, key, attempt := begin(t)
			_, within, _ := strings.Cut(name, ", its ")
			stored, before := w.newer(key, within), w.crm.total()
			if err := attempt(); !errors.Is(err, oauth.ErrState) {
				t.Errorf("%v, want it unknown here", err)
			}
			if left, err := w.db.Get(t.Context(), key).Result(); err != nil || left != stored {
				t.Errorf("the newer version finds its value spent or changed: %v", err)
			}
			if n := w.crm.total() - before; n != 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}
