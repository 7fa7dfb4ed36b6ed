package e2e

import (
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/e2e/rig"
)

// storedState is what a version has left behind: its Redis, and the files of the sandboxes that knew its logins.
const storedState = "testdata/stored"

var makeStored = flag.Bool("make-stored", false, "store the state of this version in "+storedState+" instead of starting on it")

// storedFacts is what people and rules left behind, for the test to look for.
type storedFacts struct {
	Made    time.Time
	Tenant  string
	Contact string // linked to the client of three_contacts_one_phone
	Done    string // firings
	Failed  string
	Waiting string
}

// storedEnv is what the replica needs so that all of the settings can be chosen.
var storedEnv = []string{"SIDECARD_NOTICE_PRIVATE_HOSTS=true", "SIDECARD_SMTP_URL=smtp://127.0.0.1:9", "SIDECARD_SMTP_FROM=sidecard@example.com"}

const storedDealName = "Upgraded: {ticket.subject}"

func TestUpgrade_whatAnOlderVersionStoredIsThere(t *testing.T) {
	if *makeStored {
		leaveState(t)
		return
	}
	t.Parallel()
	var facts storedFacts
	readJSON(t, filepath.Join(storedState, "facts.json"), &facts)
	shift := time.Since(facts.Made)
	dir := t.TempDir()
	for _, name := range []string{"amo.json", "desk.json"} {
		raw, err := os.ReadFile(filepath.Join(storedState, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), shifted(raw, facts.Made, shift), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hook := newHooked(t)
	w := &suite{rig.Stored(t, dir, func(db *redis.Client) { loadKeys(t, db, facts.Made, shift) }, storedEnv...)}
	base := w.Replicas[0]
	before := w.Stats()

	// The firing that waited is sent, once, by the grant that was stored.
	if o := w.finished(base, facts.Waiting); o.LeadID == 0 {
		t.Errorf("the firing that waited: %+v", o)
	}
	w.created(before, 1, 0, 1)
	for id, state := range map[string]string{facts.Done: "done", facts.Failed: "failed"} {
		if out := w.triggers("--json", "show", id); !strings.Contains(out, `"state": "`+state+`"`) {
			t.Errorf("firing %s is not %s:\n%s", id, state, out)
		}
	}
	if out := w.tenants("list"); !strings.Contains(out, facts.Tenant) {
		t.Errorf("tenant %s is gone:\n%s", facts.Tenant, out)
	}

	// The stored refresh token is good for a new pair.
	w.expireAccess()
	panel := w.Panel(base, w.Ticket("three_contacts_one_phone"), nil)
	page := w.ask("the panel", "GET", panel+"/people?wait=1", nil, false)
	if strings.Contains(page, `data-view="login"`) || !strings.Contains(page, "/unlink") || !strings.Contains(page, "/contacts/detail/"+facts.Contact) {
		t.Errorf("the login or the link is gone:\n%s", page)
	}

	// What was chosen is chosen, before and after this version has written it itself.
	settings := func(when string) {
		t.Helper()
		page := w.ask("the settings", "GET", panel+"/settings?wait=1", nil, false)
		for _, want := range []string{`value="` + storedDealName + `"`, `value="uk" selected`, `name="mask" value="1" aria-describedby="mask-hint" checked`,
			"boss@example.com</textarea>", `value="-1001234567890"`, "127.0.0.1:9"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the settings lack %s:\n%s", when, want, page)
			}
		}
		if out := w.tenants("show", "--tenant", facts.Tenant, "--json"); !strings.Contains(out, "boss@example.com") || strings.Contains(out, "secret-path") || strings.Contains(out, "bot-token") {
			t.Errorf("%s:\n%s", when, out)
		}
	}
	settings("as stored")
	w.submit(panel+"/settings", url.Values{"token": {w.token(panel, "/settings?wait=1")}, "do": {"save"}, "language": {"uk"}, "mask": {"1"}, "deal_name": {storedDealName}})
	settings("saved anew")
	w.submit(panel+"/settings/notices", url.Values{"token": {w.token(panel, "/settings?wait=1")}, "do": {"test"}, "chat": {""}, "bot_token": {""}, "webhook": {hook.URL}, "comment_back": {"1"}})
	if got := hook.events(t); !slices.Contains(got, "test") {
		t.Errorf("the notices of this version are not sent: %v", got)
	}
}

// leaveState uses this version for a while and stores what it leaves.
func leaveState(t *testing.T) {
	dir := t.TempDir()
	w := &suite{rig.Stored(t, dir, func(*redis.Client) {}, storedEnv...)}
	base := w.Replicas[0]
	w.Login(w.Panel(base, w.Ticket("known_one_deal"), nil))
	w.Fill(0) // takes the helpdesk's own rule away
	facts := storedFacts{Made: time.Now().UTC().Truncate(time.Second)}
	three := w.Panel(base, w.Ticket("three_contacts_one_phone"), nil)
	facts.Contact = contactOf(t, w, three)
	w.submit(three+"/link", url.Values{"contact": {facts.Contact}})
	w.submit(three+"/settings", url.Values{"token": {w.token(three, "/settings?wait=1")}, "do": {"save"}, "language": {"uk"}, "mask": {"1"}, "deal_name": {storedDealName}})
	w.submit(three+"/settings/notices", url.Values{"token": {w.token(three, "/settings?wait=1")}, "do": {"save"}, "emails": {"boss@example.com"}, "chat": {"-1001234567890"},
		"bot_token": {"123456:bot-token-of-nobody-at-all"}, "webhook": {"https://127.0.0.1:9/secret-path"}, "comment_back": {"1"}})
	w.Panel(base, w.Ticket("known_one_deal"), map[string]any{"usedesk_api_token": nil, "secret": "another company"}) // never connected
	facts.Done = w.fire(base, w.SeedRule(w.Ticket("known_one_deal"), nil)).ID
	w.finished(base, facts.Done)
	facts.Failed = w.refused(987654321).ID
	w.Fault(map[string]any{"status": 503, "routes": "/api/v4/leads"})
	facts.Waiting = w.fire(base, w.SeedRule(w.Ticket("known_one_deal"), map[string]any{"comment": "waits"})).ID
	rig.Eventually(t, limit, "the firing waits", func() bool { return strings.Contains(w.triggers("show", facts.Waiting), "its answer was 503") })
	for _, p := range w.Processes {
		p.Stop(t)
	}
	w.Fault(map[string]any{})
	db := rig.Admin(t, w.RedisAddr())
	tenants, err := db.SMembers(t.Context(), "sc:tenants").Result()
	if err != nil || len(tenants) != 1 {
		t.Fatalf("tenants %v, %v", tenants, err)
	}
	facts.Tenant = tenants[0]
	if err := os.MkdirAll(storedState, 0o755); err != nil {
		t.Fatal(err)
	}
	writeJSON(t, filepath.Join(storedState, "redis.json"), longLived(t, db))
	writeJSON(t, filepath.Join(storedState, "facts.json"), facts)
	<-time.After(3 * time.Second) // the sandboxes write their files a moment later
	for _, name := range []string{"amo.json", "desk.json"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(storedState, name), raw, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
