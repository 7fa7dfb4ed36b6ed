package amocrm

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// receiver keeps the webhooks that it gets, as ordered pairs, and answers them with the status.
type receiver struct {
	url    string
	status atomic.Int64
	count  atomic.Int64
	mu     sync.Mutex
	got    [][][2]string
	query  []url.Values
}

func receive(t *testing.T, status int) *receiver {
	rc := &receiver{}
	rc.status.Store(int64(status))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if ct := r.Header.Get("Content-Type"); r.Method == "POST" && ct != "application/x-www-form-urlencoded" {
			t.Errorf("content type %q", ct)
		}
		rc.mu.Lock()
		rc.got = append(rc.got, orderedPairs(t, string(raw)))
		rc.query = append(rc.query, r.URL.Query())
		rc.mu.Unlock()
		w.WriteHeader(int(rc.status.Load()))
		rc.count.Add(1)
	}))
	t.Cleanup(srv.Close)
	rc.url = srv.URL
	return rc
}

func orderedPairs(t *testing.T, body string) (out [][2]string) {
	if body == "" {
		return nil
	}
	for part := range strings.SplitSeq(body, "&") {
		k, v, _ := strings.Cut(part, "=")
		key, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil {
			t.Errorf("pair %q is not form encoded", part)
		}
		out = append(out, [2]string{key, value})
	}
	return out
}

// wait returns the nth delivery, from 0.
func (rc *receiver) wait(t *testing.T, n int) [][2]string {
	t.Helper()
	eventually(t, fmt.Sprintf("webhook %d", n), func() bool { return rc.count.Load() > int64(n) })
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return rc.got[n]
}

func (b *bench) subscribe(access, to string, settings ...string) {
	b.t.Helper()
	wantStatus(b.t, b.api("POST", "/api/v4/webhooks", access, map[string]any{"destination": to, "settings": settings}), http.StatusCreated)
}

func keysOf(pairs [][2]string) (keys []string) {
	for _, p := range pairs {
		keys = append(keys, p[0])
	}
	return keys
}

func valueOf(pairs [][2]string, key string) string {
	for _, p := range pairs {
		if p[0] == key {
			return p[1]
		}
	}
	return "(no " + key + ")"
}

func TestHooks_leadStatusHasTheKeysOfTheRealDump(t *testing.T) {
	b := start(t, nil)
	rc := receive(t, 200)
	access, _ := b.grant()
	b.subscribe(access, rc.url, "status_lead")
	wantStatus(t, b.api("PATCH", "/api/v4/leads/301", access, `{"status_id":602}`), http.StatusOK)
	got := rc.wait(t, 0)
	raw, err := os.ReadFile("../../testdata/amocrm/hook-leads-status-form-pairs.json")
	if err != nil {
		t.Fatal(err)
	}
	var dump [][2]string
	if err := json.Unmarshal(raw, &dump); err != nil {
		t.Fatal(err)
	}
	want := keysOf(dump) // its custom fields are numbered 0, 2, 3; ours without a gap
	for i, k := range want {
		want[i] = strings.NewReplacer("[custom_fields][2]", "[custom_fields][1]", "[custom_fields][3]", "[custom_fields][2]").Replace(k)
	}
	want = append(want, "account[id]", "account[_links][self]")
	if diff := cmp.Diff(want, keysOf(got)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for key, v := range map[string]string{
		"leads[status][0][id]": "301", "leads[status][0][name]": "Fence & gate", "leads[status][0][status_id]": "602",
		"leads[status][0][old_status_id]": "601", "leads[status][0][price]": "22500", "leads[status][0][pipeline_id]": "501",
		"leads[status][0][tags][0][name]": "vip", "leads[status][0][account_id]": "31000001",
		"leads[status][0][custom_fields][0][values][0][value]": "Web", "leads[status][0][custom_fields][0][values][0][enum]": "711",
		"leads[status][0][custom_fields][1][values][0]":        "1542067200",
		"leads[status][0][custom_fields][2][values][0][value]": "1",
		"account[subdomain]": "first", "account[id]": "31000001", "account[_links][self]": "http://" + firstHost,
	} {
		if valueOf(got, key) != v {
			t.Errorf("%s = %s, want %s", key, valueOf(got, key), v)
		}
	}
}

func TestHooks_contactHasTheKeysOfTheExample(t *testing.T) {
	b := start(t, nil)
	rc := receive(t, 200)
	access, _ := b.grant()
	b.subscribe(access, rc.url, "update_contact")
	wantStatus(t, b.api("PATCH", "/api/v4/contacts/201", access, `{"name":"New Name"}`), http.StatusOK)
	got := rc.wait(t, 0)
	raw, err := os.ReadFile("../../testdata/amocrm/hook-contacts-add-decoded.json")
	if err != nil {
		t.Fatal(err)
	}
	var example struct {
		Contacts struct{ Add []map[string]any }
	}
	if err := json.Unmarshal(raw, &example); err != nil {
		t.Fatal(err)
	}
	want := world.SortedKeys(example.Contacts.Add[0])
	want = slices.DeleteFunc(want, func(k string) bool { return k == "company_name" || k == "linked_company_id" }) // he has none
	seen := map[string]bool{}
	for _, k := range keysOf(got) {
		if rest, ok := strings.CutPrefix(k, "contacts[update][0]["); ok {
			name, _, _ := strings.Cut(rest, "]")
			seen[name] = true
		}
	}
	if diff := cmp.Diff(want, world.SortedKeys(seen)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for key, v := range map[string]string{
		"contacts[update][0][name]": "New Name", "contacts[update][0][type]": "contact",
		"contacts[update][0][linked_leads_id][301][ID]":           "301",
		"contacts[update][0][custom_fields][0][code]":             "PHONE",
		"contacts[update][0][custom_fields][0][values][0][value]": "+79990000001",
	} {
		if valueOf(got, key) != v {
			t.Errorf("%s = %s, want %s", key, valueOf(got, key), v)
		}
	}
}

func TestHooks_otherKinds(t *testing.T) {
	b := start(t, nil)
	rc := receive(t, 200)
	access, _ := b.grant()
	b.subscribe(access, rc.url, "add_company", "note_lead", "add_task", "responsible_lead")
	wantStatus(t, b.api("POST", "/api/v4/companies", access, `[{"name":"ACME"}]`), http.StatusOK)
	got := rc.wait(t, 0)
	if valueOf(got, "contacts[add][0][type]") != "company" || valueOf(got, "contacts[add][0][name]") != "ACME" {
		t.Errorf("company: %v", got)
	}
	wantStatus(t, b.api("POST", "/api/v4/leads/301/notes", access, `[{"note_type":"common","params":{"text":"Hello"}}]`), http.StatusOK)
	got = rc.wait(t, 1)
	for key, v := range map[string]string{
		"leads[note][0][note][note_type]": "4", "leads[note][0][note][element_type]": "2", "leads[note][0][note][element_id]": "301",
		"leads[note][0][note][text]": "Hello", "leads[note][0][note][metadata]": `{"text":"Hello"}`,
	} {
		if valueOf(got, key) != v {
			t.Errorf("%s = %s, want %s", key, valueOf(got, key), v)
		}
	}
	wantStatus(t, b.api("POST", "/api/v4/tasks", access,
		`[{"text":"Call","complete_till":1800000000,"entity_id":301,"entity_type":"leads","task_type_id":1}]`), http.StatusOK)
	got = rc.wait(t, 2)
	for key, v := range map[string]string{
		"task[add][0][text]": "Call", "task[add][0][element_type]": "2", "task[add][0][element_id]": "301",
		"task[add][0][complete_till]": "2027-01-15 11:00:00", "task[add][0][status]": "0",
	} {
		if valueOf(got, key) != v {
			t.Errorf("%s = %s, want %s", key, valueOf(got, key), v)
		}
	}
	wantStatus(t, b.api("PATCH", "/api/v4/leads/301", access, `{"responsible_user_id":102}`), http.StatusOK)
	got = rc.wait(t, 3)
	if valueOf(got, "leads[responsible][0][responsible_user_id]") != "102" || valueOf(got, "leads[responsible][0][old_responsible_user_id]") != "101" {
		t.Errorf("responsible: %v", got)
	}
}
