package amocrm

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// asked notes in whose name the block asks what stands behind it.
type asked struct {
	mu      sync.Mutex
	tenants map[string]int
}

func (a *asked) of(tenantID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tenants[tenantID]++
}

type askedTenants struct {
	*fakeTenants
	asked *asked
}

func (a askedTenants) Update(ctx context.Context, id string, change func(*tenant.Tenant) error) (tenant.Tenant, error) {
	a.asked.of(id)
	return a.fakeTenants.Update(ctx, id, change)
}

type askedGrants struct {
	*fakeGrants
	asked *asked
}

func (a askedGrants) Status(ctx context.Context, id string) (oauth.Status, error) {
	a.asked.of(id)
	return a.fakeGrants.Status(ctx, id)
}

type askedFlow struct {
	*fakeFlow
	asked *asked
}

func (a askedFlow) Start(ctx context.Context, id, session, lang string) (login.Start, error) {
	a.asked.of(id)
	return a.fakeFlow.Start(ctx, id, session, lang)
}

func (a askedFlow) StartDisconnect(ctx context.Context, id, session, lang string) (login.Start, error) {
	a.asked.of(id)
	return a.fakeFlow.StartDisconnect(ctx, id, session, lang)
}

// twoCompanies is a fixture whose first company has deals, contacts, tasks and jobs, and whose second has nothing.
func twoCompanies(t *testing.T) (w *fixture, second *fakeCRM, who *asked) {
	w = newFixture(t)
	first := w.crm
	first.people.Contacts[0].Name = "First Company's Client"
	first.card.Name = "First Company's Deal"
	second = sampleCRM()
	second.kept = &w.tenants.keptSettings
	second.people, second.card, second.feedItems, second.tasks = people.Found{At: now}, deals.Card{}, nil, nil
	who = &asked{tenants: map[string]int{}}
	w.h.CRM = func(_ context.Context, tenantID, _ string) (CRM, error) {
		who.of(tenantID)
		if tenantID == "t1" {
			return first, nil
		}
		return second, nil
	}
	w.h.Tenants, w.h.Grants, w.h.Flow = askedTenants{w.tenants, who}, askedGrants{w.grants, who}, askedFlow{w.flow, who}
	w.h.signin.Grants, w.h.signin.Flow = w.h.Grants, w.h.Flow
	w.h.settings.Tenants, w.h.settings.Grants = w.h.Tenants, w.h.Grants
	return w, second, who
}

// paths are all addresses of a route when each of the ids is put in each of its places.
func paths(route, session string, ids []string) []string {
	out := []string{strings.Replace(route, "/blocks/amocrm/:session", session, 1)}
	for _, place := range []string{":id", ":task", ":kind"} {
		var next []string
		for _, p := range out {
			if !strings.Contains(p, place) {
				next = append(next, p)
				continue
			}
			for _, id := range ids {
				next = append(next, strings.Replace(p, place, url.PathEscape(id), 1))
			}
		}
		out = next
	}
	return out
}

// sessionRoutes are the routes that a session opens, tomorrow's included.
func (w *fixture) sessionRoutes() (out []*echo.Route) {
	w.t.Helper()
	for _, r := range w.e.Routes() {
		if strings.HasPrefix(r.Path, "/blocks/amocrm/:session") && r.Method != echo.RouteNotFound {
			out = append(out, r)
		}
	}
	if len(out) < 35 {
		w.t.Fatalf("only %d routes", len(out))
	}
	return out
}

// everything is a form that any route may find its ids in.
func everything(ids url.Values) url.Values {
	form := url.Values{
		"token": {session.NewID()}, "text": {"hello"}, "name": {"x"}, "q": {"x"}, "do": {"retry"}, "reason": {"x"}, "price": {"1"},
		"body": {`{"ticketId":101,"fields":{}}`}, "request": {`{"ticketId":1,"fields":{}}`},
	}
	for k, v := range ids {
		form[k] = v
	}
	return form
}

func TestAttack_noIDOfAnotherCompanyOpensAnything(t *testing.T) {
	w, second, who := twoCompanies(t)
	w.fillInbox()
	firing := w.refusedFiring()
	s, err := w.sessions.Create(t.Context(), session.Session{TenantID: "t2", Ticket: sampleTicket(), Lang: i18n.EN, CreatedAt: now})
	if err != nil {
		t.Fatal(err)
	}
	deal, contact, task := "12", "7", "61"
	ids := []string{deal, contact, task, firing.ID, "t1", "deals"}
	form := url.Values{"contact": {contact}, "deal": {deal}, "lead": {deal}, "id": {deal}, "task": {task}, "firing": {firing.ID}, "tenant": {"t1"}, "session": {"t1"}}
	for _, r := range w.sessionRoutes() {
		for _, path := range paths(r.Path, "/blocks/amocrm/"+s.ID, ids) {
			if strings.HasSuffix(path, "/changes") {
				continue // its test is the hub's: a tenant listens to his own channel only
			}
			form["do"] = []string{"retry"}
			requests := []*http.Request{w.request(r.Method, path, everything(form)), w.request(r.Method, path+"?wait=1&tenant=t1&q=First&state=", everything(form))}
			for _, do := range []string{"drop", "edit", "adopt", "new"} {
				if r.Method == http.MethodPost && strings.Contains(path, "/inbox/") {
					form["do"] = []string{do}
					requests = append(requests, w.request(r.Method, path, everything(form)))
				}
			}
			for _, q := range requests {
				rec := w.do(q)
				for _, theirs := range []string{"First Company", "Chairs &amp; tables", "amoCRM refused the deal"} {
					if strings.Contains(rec.Body.String(), theirs) {
						t.Errorf("%s %s shows %q", r.Method, path, theirs)
					}
				}
			}
		}
	}
	if w.crm.calls != nil || len(w.crm.changes)+len(w.crm.drafts) > 0 {
		t.Errorf("the first company was asked: %v", w.crm.calls)
	}
	if got := w.firing(firing.ID); got.State != firing.State || len(got.Timeline) != len(firing.Timeline) || got.Request.TicketID != firing.Request.TicketID {
		t.Errorf("the first company's firing has changed: %+v", got)
	}
	if len(who.tenants) != 1 || who.tenants["t2"] == 0 {
		t.Errorf("asked in the name of %v", who.tenants)
	}
	if second.count("people") == 0 {
		t.Error("the walk has not even opened the second company's panel")
	}
}

func (w *fixture) request(method, path string, form url.Values) *http.Request {
	r, err := http.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// A forged, an expired and a mangled session see the same page that says to refresh the block, on every route.
func TestAttack_noSessionNoAnswer(t *testing.T) {
	w, _, who := twoCompanies(t)
	expired := w.session(i18n.EN, sampleTicket())
	real := w.session(i18n.EN, sampleTicket())
	w.redis.FastForward(session.SessionLife + time.Second)
	foreign, _ := strings.CutPrefix(real, "/blocks/amocrm/")
	for name, session := range map[string]string{
		"expired": expired, "forged": "/blocks/amocrm/" + session.NewID(), "another case": "/blocks/amocrm/" + strings.ToUpper(foreign),
		"too long": "/blocks/amocrm/" + foreign + "A", "key of Redis": "/blocks/amocrm/" + url.PathEscape("*"), "null": "/blocks/amocrm/%00" + foreign[:21],
		"climbing": "/blocks/amocrm/" + url.PathEscape("../"+foreign), "line break": "/blocks/amocrm/" + foreign[:20] + "%0d%0a",
	} {
		for _, r := range w.sessionRoutes() {
			for _, path := range paths(r.Path, session, []string{"12"}) {
				rec := w.do(w.request(r.Method, path, everything(nil)))
				switch {
				case strings.HasSuffix(path, "/changes") && rec.Code == http.StatusNoContent:
				case rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "Refresh the block"):
					t.Fatalf("%s: %s %s: %d %s", name, r.Method, r.Path, rec.Code, rec.Body)
				}
			}
		}
	}
	if len(who.tenants) != 0 || w.crm.calls != nil {
		t.Errorf("asked in the name of %v: %v", who.tenants, w.crm.calls)
	}
}

// A form's token is good once, and only in the session whose form it was drawn into; a guessed one works like a form of
// one's own and so opens nothing more.
func TestAttack_formTokensAreGoodOnce(t *testing.T) {
	w := newFixture(t)
	panel := w.session(i18n.EN, sampleTicket())
	form := url.Values{"token": {session.NewID()}, "text": {"Once"}}
	path := panel + "/deals/" + "12" + "/comments"
	for range 5 {
		w.post(path, form, true)
	}
	if n := w.crm.count("comment"); n != 1 {
		t.Errorf("a replayed form wrote %d comments", n)
	}
	for name, token := range map[string]string{"none": "", "short": "abc", "key": strings.Repeat("*", 22), "long": strings.Repeat("A", 5000), "line": strings.Repeat("A", 20) + "\r\n"} {
		w.post(path, url.Values{"token": {token}, "text": {"Forged"}}, true)
		if n := w.crm.count("comment"); n != 1 {
			t.Errorf("%s token wrote a comment", name)
		}
	}
	// In another session the same token claims that session's form only: it neither blocks nor repeats the first one's.
	other := w.session(i18n.EN, sampleTicket())
	w.post(other+"/deals/12/comments", form, true)
	if n := w.crm.count("comment"); n != 2 {
		t.Errorf("%d comments after the other session's own, want 2", n)
	}
}
