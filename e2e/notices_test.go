package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

// hooked keeps what is posted to it.
type hooked struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	signed []string
}

func newHooked(t *testing.T) *hooked {
	h := &hooked{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.bodies, h.signed = append(h.bodies, string(body)), append(h.signed, r.Header.Get("X-Sidecard-Signature"))
	}))
	t.Cleanup(h.Close)
	return h
}

// events are what was posted, in order.
func (h *hooked) events(t *testing.T) (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.bodies {
		var m struct{ Event string }
		if err := json.Unmarshal([]byte(b), &m); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
		out = append(out, m.Event)
	}
	return out
}

// first is what was posted first, and its signature.
func (h *hooked) first() (body, signed string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bodies[0], h.signed[0]
}

// comments are the ticket's, as the helpdesk's API tells them.
func (w *suite) comments(ticket int64) (out []struct{ Type, Message string }) {
	w.T.Helper()
	_, body := w.Post(w.Desk+"/ticket", map[string]any{"api_token": w.Info.UsedeskToken, "ticket_id": ticket})
	var got struct {
		Comments []struct{ Type, Message string }
	}
	if err := json.Unmarshal(body, &got); err != nil {
		w.T.Fatalf("%v in %s", err, body)
	}
	return got.Comments
}

// Chosen on the settings page, three replicas: the outcome goes to the ticket once, a lost login is told once however
// many firings wait.
func TestNotices_outcomeInTheTicketAndOneMessageAboutALostLogin(t *testing.T) {
	t.Parallel()
	w := connect(t, 3, "SIDECARD_NOTICE_PRIVATE_HOSTS=true")
	hook := newHooked(t)
	ticket := w.Ticket("known_one_deal")
	panel := w.Panel(w.Replicas[0], ticket, nil)
	page := w.submit(panel+"/settings/notices", url.Values{
		"token": {w.token(panel, "/settings?wait=1")}, "do": {"test"}, "chat": {""}, "bot_token": {""}, "webhook": {hook.URL}, "comment_back": {"1"},
	})
	if !strings.Contains(page, "Accepted.") {
		t.Fatalf("the test message did not arrive:\n%s", page)
	}
	key := regexp.MustCompile(`whs_[A-Za-z0-9_-]{32}`).FindString(page)
	body, signed := hook.first()
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); key == "" || signed != want {
		t.Errorf("signature %q, want %q", signed, want)
	}

	o := w.finished(w.Replicas[1], w.fire(w.Replicas[1], w.SeedRule(ticket, nil)).ID)
	var ours []string
	for _, c := range w.comments(ticket) {
		if strings.Contains(c.Message, "[sidecard:") {
			ours = append(ours, c.Type+" "+c.Message)
		}
	}
	if len(ours) != 1 || !strings.HasPrefix(ours[0], "private ") || !strings.Contains(ours[0], o.LeadURL) {
		t.Errorf("comments %q, want one private with %s", ours, o.LeadURL)
	}
	marker := regexp.MustCompile(`\[sidecard:[0-9a-v]+\]`).FindString(strings.Join(ours, ""))
	echo := w.fire(w.Replicas[2], w.SeedRule(ticket, map[string]any{"comment": "agent: " + marker}))
	if echo.State != "done" || !strings.Contains(echo.Why, "our own comment") || echo.LeadID != 0 {
		t.Errorf("the firing of our own comment is %+v", echo)
	}

	tickets, _ := w.Fill(30)
	w.Post(w.Amo+"/_sandbox/revoke", map[string]any{})
	var ids []string
	for i, at := range tickets {
		ids = append(ids, w.fire(w.Replicas[i%3], w.SeedRule(at, nil)).ID)
	}
	rig.Eventually(t, limit, "the lost login is told", func() bool { return len(hook.events(t)) > 1 })
	rig.Eventually(t, limit, "all are held", func() bool {
		held := 0
		for _, id := range ids {
			var o outcome
			w.GetJSON(w.Replicas[0]+"/api/triggers/"+id+"?amoClientId="+w.Info.Integrations[0].ID, &o)
			if o.State == "held" {
				held++
			}
		}
		return held == len(ids)
	})
	if got := strings.Join(hook.events(t), ","); got != "test,login_lost" {
		t.Errorf("told %s, want one message about the login", got)
	}
	for i, p := range w.Processes {
		if strings.Contains(p.Out.String(), key) || strings.Contains(p.Out.String(), hook.URL) {
			t.Errorf("the log of replica %d holds the webhook's key or address", i)
		}
	}
}
