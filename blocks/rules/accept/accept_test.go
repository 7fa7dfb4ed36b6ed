package accept

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/ledger"
)

const (
	goodKey     = "sk_good"
	integration = "1ff6828b-c10c-43f8-98d0-370001e85b6c"
	minimal     = `{"ticketId":"101","fields":{"name":"gg"}}`
)

func TestCreate_publishedRuleIsAccepted(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "usedesk", "freecreatelead.trigger-action.json"))
	if err != nil {
		t.Fatal(err)
	}
	w := &work{}
	e := ruleServer(t, w, false)
	body := strings.ReplaceAll(string(raw), "{{ticket_id}}", "101")
	got := call(t, e, "POST", "/api/freeCreateLead?key="+goodKey, body)
	const at = "https://sidecard.example.com/api/triggers/e1"
	if got.Code != 202 || got.body["id"] != "e1" || got.body["state"] != "accepted" || got.body["status_url"] != at ||
		got.Header().Get("Location") != at || got.body["repeated"] != nil {
		t.Errorf("%d %v", got.Code, got.body)
	}
	if len(w.accepted) != 1 || w.accepted[0].TicketID != 101 || len(w.accepted[0].Fields.Custom) != 3 || w.tenants[0] != "t1" {
		t.Errorf("accepted %+v", w.accepted)
	}
	if again := call(t, e, "POST", "/api/freeCreateLead?key="+goodKey, body); again.Code != 202 || again.body["id"] != "e1" || again.body["repeated"] != true {
		t.Errorf("repeat: %d %v", again.Code, again.body)
	}
}

func TestCreate_whoMayAsk(t *testing.T) {
	withKey := func(key string) string {
		return `{"key":"` + key + `","amoClientId":"","ticketId":1,"fields":{}}`
	}
	withClient := func(id string) string { return `{"amoClientId":"` + id + `","ticketId":1,"fields":{}}` }
	cases := []struct {
		name, query, body string
		header            []string
		open              bool
		code              int
		tenant            string
	}{
		{name: "key in the address", query: "?key=" + goodKey, body: minimal, code: 202, tenant: "t1"},
		{name: "bearer", body: minimal, header: []string{"Authorization", "bearer " + goodKey}, code: 202, tenant: "t1"},
		{name: "key in the body", body: withKey(goodKey), code: 202, tenant: "t1"},
		{name: "key in the wrapped body", body: `{"url":"x","headers":[],"data":` + withKey(goodKey) + `}`, code: 202, tenant: "t1"},
		{name: "none", body: minimal, code: 401},
		{name: "wrong", query: "?key=sk_bad", body: minimal, code: 401},
		{name: "basic authorization", body: minimal, header: []string{"Authorization", "Basic " + goodKey}, code: 401},
		{name: "integration alone", body: withClient(integration), code: 401},
		{name: "integration alone, open", body: withClient(integration), open: true, code: 202, tenant: "t1"},
		{name: "integration of two, open", body: withClient("shared"), open: true, code: 401},
		{name: "unknown integration, open", body: withClient("none"), open: true, code: 401},
		{name: "wrong key, open", query: "?key=sk_bad", body: withClient(integration), open: true, code: 401},
		{name: "another's integration", query: "?key=" + goodKey, body: withClient("shared"), code: 403, tenant: "t1"},
		{name: "own integration in capitals", query: "?key=" + goodKey, body: withClient(strings.ToUpper(integration)), code: 202, tenant: "t1"},
		{name: "never connected", query: "?key=sk_new", body: withClient(integration), code: 202, tenant: "t4"},
		{name: "stranger with mistakes", body: `{"fields":{"x":1}}`, code: 401},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := &work{}
			got := call(t, ruleServer(t, w, c.open), "POST", "/api/freeCreateLead"+c.query, c.body, c.header...)
			if got.Code != c.code || (c.tenant != "") != (len(w.tenants) == 1) || len(w.tenants) == 1 && w.tenants[0] != c.tenant {
				t.Errorf("%d %v for %v", got.Code, got.body, w.tenants)
			}
			if (c.code == 403) != (len(w.refused) == 1) {
				t.Errorf("stored as refused: %v", w.refused)
			}
			if c.code == 401 && !strings.Contains(got.body["title"].(string), "settings of the amoCRM block") {
				t.Errorf("says %v", got.body["title"])
			}
			if c.code == 403 && !strings.Contains(got.Body.String(), "shared") {
				t.Errorf("does not name the integration: %v", got.body)
			}
		})
	}
}

func TestCreate_wrongAndMissingKeyLookTheSame(t *testing.T) {
	e := ruleServer(t, &work{}, false)
	a := call(t, e, "POST", "/api/freeCreateLead", minimal)
	b := call(t, e, "POST", "/api/freeCreateLead?key=sk_bad", minimal)
	if a.Body.String() != b.Body.String() || strings.Contains(b.Body.String(), "sk_bad") {
		t.Errorf("%s\n%s", a.Body, b.Body)
	}
}

func TestCreate_refusals(t *testing.T) {
	mistakes := &request.Problems{List: []request.Problem{{Path: "fields.status_id", Code: "unknown_choice", Detail: "accepted: 1 (New)"}}}
	cases := []struct {
		name, body, contentType string
		work                    work
		code                    int
		says                    string
		path                    string // of the problem with which it is stored
	}{
		{name: "mistakes", body: `{"ticketId":"5","fields":{"a":1}}`, code: 422, says: "fields.a", path: "fields.a"},
		{name: "unknown choice of a strict rule", body: minimal, work: work{check: mistakes}, code: 422, says: "accepted: 1 (New)", path: "fields.status_id"},
		{name: "broken", body: "{\n\"a\" 1}", code: 400, says: "line 2, column 5", path: "body"},
		{name: "a picture", body: "x", contentType: "image/png", code: 415, says: "application/json", path: "body"},
		{name: "too large", body: `{"a":"` + strings.Repeat("x", request.MaxBody) + `"}`, code: 413, says: "1 MiB", path: "body"},
		{name: "full", body: minimal, work: work{fail: ledger.ErrFull}, code: 429, says: "waiting"},
		{name: "no Redis", body: minimal, work: work{fail: errors.New("dial tcp 10.0.0.1: refused")}, code: 503, says: "send it again"},
		{name: "no Redis for what is refused", body: "{", work: work{fail: errors.New("dial tcp 10.0.0.1: refused")}, code: 503, says: "send it again"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			kind := c.contentType
			if kind == "" {
				kind = "application/json"
			}
			got := call(t, ruleServer(t, &c.work, false), "POST", "/api/freeCreateLead?key="+goodKey, c.body, "Content-Type", kind)
			if got.Code != c.code || !strings.Contains(got.Body.String(), c.says) || strings.Contains(got.Body.String(), "10.0.0.1") {
				t.Errorf("%d %s", got.Code, got.Body)
			}
			if len(c.work.accepted) != 0 {
				t.Error("accepted all the same")
			}
			if c.path == "" {
				return
			}
			if len(c.work.refused) != 1 || len(c.work.refused[0].Problems) != 1 || c.work.refused[0].Problems[0].Path != c.path {
				t.Fatalf("stored as %+v", c.work.refused)
			}
			const at = "https://sidecard.example.com/api/triggers/e2"
			if got.body["id"] != "e2" || got.body["state"] != "failed" || got.body["status_url"] != at || got.Header().Get("Location") != at {
				t.Errorf("it does not say where it lies: %v %v", got.body, got.Header())
			}
			if body := c.work.refused[0].Body; c.work.check == nil && !strings.HasPrefix(c.body, string(body)) || c.work.check != nil && body != nil {
				t.Errorf("the body is kept as %.100s", body)
			}
		})
	}
}

func TestCreate_bodyThatCantBeReadIsStoredForTheOnlyKeyInIt(t *testing.T) {
	const key = "sk_0123456789abcdef"
	for name, c := range map[string]struct {
		body   string
		tenant bool
	}{
		"a subject with quotation marks": {`{"key":"` + key + `","ticketId":5,"fields":{"name":"A screen of 15", or so"}}`, true},
		"a client who writes a key":      {`{"key":"` + key + `","ticketId":5,"fields":{"name":"", "key":"sk_fedcba9876543210""}}`, false},
		"no key":                         {`{"ticketId":5,"fields":{"name":"A screen of 15", or so"}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := &work{}
			got := call(t, ruleServer(t, w, false), "POST", "/api/freeCreateLead", c.body)
			if got.Code != 400 || (len(w.refused) == 1) != c.tenant {
				t.Errorf("%d %v", got.Code, w.refused)
			}
			if c.tenant && (w.tenants[0] != "t5" || w.refused[0].Key != key) {
				t.Errorf("for %v with key %q", w.tenants, w.refused[0].Key)
			}
		})
	}
}

func TestCreate_whatIsNeitherFiringNorDryRunIsStoredAsRefused(t *testing.T) {
	w := &work{}
	got := call(t, ruleServer(t, w, false), "POST", "/api/freeCreateLead?dry_run=maybe&key="+goodKey, minimal)
	if got.Code != 400 || len(w.accepted) > 0 || len(w.refused) != 1 || w.refused[0].Problems[0].Path != "?dry_run" {
		t.Errorf("%d %+v", got.Code, w.refused)
	}
}

func TestCreate_bodyThatFindsNoRoomMayComeAgain(t *testing.T) {
	w := &work{}
	r := httptest.NewRequest(http.MethodPost, "/api/freeCreateLead?key="+goodKey, iotest.ErrReader(body.ErrFull))
	r.Header.Set("Content-Type", "application/json")
	got := httptest.NewRecorder()
	ruleServer(t, w, false).ServeHTTP(got, r)
	if got.Code != 503 || got.Header().Get("Retry-After") == "" || len(w.accepted) != 0 {
		t.Errorf("%d %v %s", got.Code, got.Header(), got.Body)
	}
}

func TestCreate_idempotencyKey(t *testing.T) {
	w := &work{}
	e := ruleServer(t, w, false)
	if got := call(t, e, "POST", "/api/freeCreateLead?key="+goodKey, minimal, "Idempotency-Key", "abc"); got.Code != 202 || w.keys[0] != "abc" {
		t.Errorf("%d %v", got.Code, w.keys)
	}
	if got := call(t, e, "POST", "/api/freeCreateLead?key="+goodKey, minimal, "Idempotency-Key", strings.Repeat("a", 256)); got.Code != 202 {
		t.Errorf("%d for a long key", got.Code)
	}
}

func TestCreate_waits(t *testing.T) {
	done := jobs.Job{ID: "e1", State: ledger.StateDone,
		Steps: jobs.Steps{LeadURL: "https://before.amocrm.ru/leads/detail/7", LeadID: 7, ContactID: 8, NoteID: 9}}
	failed := jobs.Job{ID: "e1", State: ledger.StateFailed, Why: "amoCRM refused the deal",
		Problems: []request.Problem{{Path: "fields.status_id", Code: "NotSupportedChoice", Detail: "no"}}}
	cases := []struct {
		name, prefer string
		end          jobs.Job
		code         int
		waited       time.Duration
	}{
		{"done", "wait=20", done, 200, 20 * time.Second},
		{"at most 30 s", "respond-async, wait=600", done, 200, 30 * time.Second},
		{"not yet", "wait=5", jobs.Job{ID: "e1", State: ledger.StateWorking}, 202, 5 * time.Second},
		{"held", "wait=5", jobs.Job{ID: "e1", State: ledger.StateHeld, Why: "log in"}, 202, 5 * time.Second},
		{"failed", "wait=5", failed, 422, 5 * time.Second},
		{"nonsense", "wait=soon", done, 202, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := &work{end: c.end}
			got := call(t, ruleServer(t, w, false), "POST", "/api/freeCreateLead?key="+goodKey, minimal, "Prefer", c.prefer)
			if got.Code != c.code || w.waited != c.waited {
				t.Errorf("%d after %s: %s", got.Code, w.waited, got.Body)
			}
			if c.code == 200 && (got.body["lead_id"] != 7.0 || got.body["contact_id"] != 8.0 || got.body["note_id"] != 9.0 || got.body["lead_url"] != "https://now.amocrm.ru/leads/detail/7") {
				t.Errorf("%v", got.body)
			}
			if c.code == 422 && (got.body["title"] != jobs.English(failed.Why) || !strings.Contains(got.Body.String(), "fields.status_id")) {
				t.Errorf("%v", got.body)
			}
		})
	}
}

func TestCreate_whereManyWaitTheWishIsNotMet(t *testing.T) {
	w := &work{end: jobs.Job{ID: "e1", State: ledger.StateDone}}
	for _, w.many = range []bool{false, true} {
		got := call(t, ruleServer(t, w, false), "POST", "/api/freeCreateLead?key="+goodKey, minimal, "Prefer", "wait=20")
		applied, code := "wait=20", 200
		if w.many {
			applied, code = "", 202
		}
		if got.Code != code || got.Header().Get("Preference-Applied") != applied || got.body["id"] != "e1" {
			t.Errorf("many %v: %d, Preference-Applied %q, %s", w.many, got.Code, got.Header().Get("Preference-Applied"), got.Body)
		}
	}
}

func TestShow_onlyTheOwnFirings(t *testing.T) {
	w := &work{end: jobs.Job{ID: "e1", State: ledger.StateFailed, Attempts: 2, Why: "refused",
		Problems: []request.Problem{{Path: "comment", Code: "x", Detail: "y"}}, Timeline: []ledger.Line{{Text: "accepted"}}}}
	e := ruleServer(t, w, true)
	got := call(t, e, http.MethodGet, "/api/triggers/e1?key="+goodKey, "")
	if got.Code != 200 || got.body["state"] != "failed" || got.body["attempts"] != 2.0 || got.body["why"] != "refused" ||
		len(got.body["errors"].([]any)) != 1 || len(got.body["timeline"].([]any)) != 1 {
		t.Errorf("%d %v", got.Code, got.body)
	}
	for target, code := range map[string]int{
		"/api/triggers/e1?key=sk_two":                 404,
		"/api/triggers/e2?key=" + goodKey:             404,
		"/api/triggers/e1":                            401,
		"/api/triggers/e1?key=bad":                    401,
		"/api/triggers/e1?amoClientId=" + integration: 200,
	} {
		if got := call(t, e, http.MethodGet, target, ""); got.Code != code {
			t.Errorf("%s: %d, want %d", target, got.Code, code)
		}
	}
}

func TestCreate_aRuleWithTheWrongMethodIsStoredAsRefused(t *testing.T) {
	for _, method := range []string{"GET", "PUT"} {
		w := &work{}
		r := httptest.NewRequest(method, "/api/freeCreateLead?key="+goodKey, strings.NewReader(minimal))
		got := httptest.NewRecorder()
		ruleServer(t, w, false).ServeHTTP(got, r)
		if got.Code != 405 || got.Header().Get("Allow") != "POST" || len(w.refused) != 1 || w.refused[0].Problems[0].Path != "method" ||
			!strings.Contains(got.Body.String(), `"id":"e2"`) {
			t.Errorf("%s: %d %s, stored %+v", method, got.Code, got.Body, w.refused)
		}
		stranger := httptest.NewRecorder()
		ruleServer(t, w, false).ServeHTTP(stranger, httptest.NewRequest(method, "/api/freeCreateLead", strings.NewReader(minimal)))
		if stranger.Code != 405 && stranger.Code != 401 || len(w.refused) != 1 {
			t.Errorf("%s of a stranger: %d", method, stranger.Code)
		}
	}
}

// The published example, as people paste it into the helpdesk with its comments, at an address with a slash too many.
func TestCreate_publishedExampleAsItIsPasted(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "usedesk", "freecreatelead.as-published.txt"))
	if err != nil {
		t.Fatal(err)
	}
	w := &work{}
	e := ruleServer(t, w, false)
	body := strings.ReplaceAll(string(raw), "{{ticket_id}}", "101")
	for i, contentType := range []string{"text/plain", "application/json, application/json; charset=utf-8", "application/x-www-form-urlencoded"} {
		got := call(t, e, "POST", "//api/freeCreateLead/?key="+goodKey, body, "Content-Type", contentType)
		if got.Code != http.StatusAccepted || len(w.accepted) != i+1 {
			t.Fatalf("%s: %d %v", contentType, got.Code, got.body)
		}
		if r := w.accepted[i]; r.TicketID != 101 || r.Fields.ResponsibleID != 9311182 || len(r.Fields.Custom) != 3 || r.Comment != "4444" {
			t.Errorf("%s: accepted %+v", contentType, r)
		}
	}
	r := httptest.NewRequest("POST", "/api/freeCreateLead?key="+goodKey, strings.NewReader(body))
	r.Header["Content-Type"] = []string{"application/json", "application/json"}
	got := httptest.NewRecorder()
	if e.ServeHTTP(got, r); got.Code != http.StatusAccepted {
		t.Errorf("with the header sent twice: %d %s", got.Code, got.Body)
	}
}
