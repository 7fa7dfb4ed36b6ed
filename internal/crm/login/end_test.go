package login

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// ending begins a login that ends the tenant's connection.
func (w *world) ending(tenantID string) (Start, Callback) {
	w.t.Helper()
	s, err := w.flow.StartDisconnect(w.t.Context(), tenantID, "session-1", "pt")
	if err != nil {
		w.t.Fatal(err)
	}
	return s, Callback{Code: "code-1", Referer: tenant.Host(w.crm.URL), State: s.State, Platform: "1", Binding: s.Binding}
}

func TestStartDisconnect_endsTheConnectionAfterAFreshLogin(t *testing.T) {
	w := newWorld(t)
	tn, _ := w.login("desk-1")
	s, c := w.ending(tn.ID)
	if !strings.Contains(s.URL, "client_id=client-1") || s.Button != nil {
		t.Errorf("start %+v", s)
	}
	if status, err := w.grants.Status(t.Context(), tn.ID); err != nil || status.State != "connected" {
		t.Fatalf("beginning to disconnect has ended it: %+v, %v", status, err)
	}
	r, err := w.flow.Finish(t.Context(), c)
	if err != nil || !r.Ended || r.TenantID != tn.ID || r.SessionID != "session-1" || r.Lang != "pt" {
		t.Errorf("%+v, %v", r, err)
	}
	status, err := w.grants.Status(t.Context(), tn.ID)
	if err != nil || status.State != "lost" || status.Why != WhyEnded {
		t.Errorf("%+v, %v", status, err)
	}
	if g, err := w.grants.Grant(t.Context(), tn.ID); err != nil || g.Access != "" || g.Refresh != "" {
		t.Errorf("tokens are kept: %v", err)
	}
	if _, err := w.flow.Finish(t.Context(), c); !errors.Is(err, oauth.ErrState) {
		t.Errorf("a second time: %v", err)
	}
	_, again := w.start(tn.ID)
	if _, err := w.flow.Finish(t.Context(), again); err != nil {
		t.Errorf("no way back: %v", err)
	}
}

func TestStartDisconnect_strangersEndNothing(t *testing.T) {
	for name, spoil := range map[string]func(*world, *Callback){
		"another browser":        func(_ *world, c *Callback) { c.Binding = "other" },
		"refused in amoCRM":      func(_ *world, c *Callback) { c.Code, c.Error = "", "access_denied" },
		"login to other account": func(w *world, _ *Callback) { w.crm.claimID, w.crm.account["id"] = 32, 32 },
		"another host":           func(_ *world, c *Callback) { c.Referer = "evil.example.com" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tn, _ := w.login("desk-1")
			before, err := w.grants.Grant(t.Context(), tn.ID)
			if err != nil {
				t.Fatal(err)
			}
			_, c := w.ending(tn.ID)
			spoil(w, &c)
			if r, err := w.flow.Finish(t.Context(), c); err == nil || r.Ended {
				t.Errorf("%+v, %v", r, err)
			}
			if now, err := w.grants.Grant(t.Context(), tn.ID); err != nil || now.Generation != before.Generation || !now.LostAt.IsZero() {
				t.Errorf("the connection has changed: %v, %v", now, err)
			}
		})
	}
}

func TestStartDisconnect_goesThroughThePrivateIntegration(t *testing.T) {
	w := newWorld(t, private)
	tn := w.tenant("desk-1")
	if _, err := w.flow.StartDisconnect(t.Context(), tn.ID, "session-1", "en"); !errors.Is(err, oauth.ErrNoGrant) {
		t.Errorf("without a connection: %v", err)
	}
	now := time.Now().UTC()
	grant := oauth.Grant{Base: w.crm.URL, ClientID: "private-1", ClientSecret: "private-secret", RedirectURI: w.cfg.redirectURI(),
		Access: jwt(31, 1), Refresh: "refresh-0", GrantedAt: now, RefreshedAt: now, ExpiresAt: now.Add(time.Hour), AccountID: 31}
	if err := w.flow.connect(t.Context(), tn.ID, grant); err != nil {
		t.Fatal(err)
	}
	s, c := w.ending(tn.ID)
	if s.Button != nil || !strings.Contains(s.URL, "client_id=private-1") {
		t.Errorf("start %+v", s)
	}
	if r, err := w.flow.Finish(t.Context(), c); err != nil || !r.Ended {
		t.Errorf("%+v, %v", r, err)
	}
	sent := w.crm.sent()
	if last := sent[len(sent)-1]; last["client_id"] != "private-1" || last["client_secret"] != "private-secret" {
		t.Errorf("the code was exchanged as %v", last["client_id"])
	}
}
