package login

import (
	"errors"
	"testing"

	"github.com/sidecard/sidecard/oauth"
)

// Whatever comes to the callback's address while a login is under way: without that login's own state and cookie nothing
// is sent to amoCRM and nothing is stored.
func FuzzFinish(f *testing.F) {
	f.Add("code", "example.amocrm.ru", "AAAAAAAAAAAAAAAAAAAAAAAAAA", "client-1", "", "BBBBBBBBBBBBBBBBBBBBBBBBBB")
	f.Add("", "", "", "", "access_denied", "")
	f.Add("code", "evil.example\r\nX: y", "*", "client-1", "", "\x00")
	f.Add("code", "127.0.0.1", "login:../../", "", "server_error", "a")
	f.Fuzz(func(t *testing.T, code, referer, state, clientID, failure, binding string) {
		w := newWorld(t)
		tn := w.tenant("desk-1")
		s, good := w.start(tn.ID)
		for _, c := range []Callback{
			{Code: code, Referer: referer, State: state, ClientID: clientID, Error: failure, Binding: binding},
			{Code: code, Referer: good.Referer, State: state, ClientID: good.ClientID, Binding: s.Binding},
			{Code: code, Referer: referer, State: s.State, ClientID: clientID, Error: failure, Binding: binding},
		} {
			if r, err := w.flow.Finish(t.Context(), c); c.State != s.State || c.Binding != s.Binding {
				if !errors.Is(err, oauth.ErrState) || r != (Result{}) {
					t.Errorf("%+v: %+v, %v", c, r, err)
				}
			}
		}
		if err := w.flow.Secrets(t.Context(), clientID, code, state); !errors.Is(err, oauth.ErrState) {
			t.Errorf("secrets: %v", err)
		}
		if _, err := w.flow.Decide(t.Context(), state, true); !errors.Is(err, ErrTicket) {
			t.Errorf("decision: %v", err)
		}
		if n := w.crm.total(); n != 0 {
			t.Errorf("%d requests", n)
		}
		if status, err := w.grants.Status(t.Context(), tn.ID); err != nil || status.State != "none" {
			t.Errorf("%+v, %v", status, err)
		}
	})
}
