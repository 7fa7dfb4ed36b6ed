package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
	"github.com/sidecard/sidecard/internal/store"
)

// stored is every key of the world's Redis with all that can be read of its value, sealed parts opened.
func (w *suite) stored() string {
	w.T.Helper()
	ring, err := store.ParseRing(rig.SealKey)
	if err != nil {
		w.T.Fatal(err)
	}
	ctx := w.T.Context()
	db, err := store.Open(ctx, store.Options{URL: w.Redis, Ring: ring})
	if err != nil {
		w.T.Fatal(err)
	}
	defer db.Close()
	var all strings.Builder
	text := func(key, value string) {
		fmt.Fprintln(&all, value)
		for _, sealed := range []string{value, value[min(26, len(value)):]} {
			if plain, err := ring.Open(sealed, key); err == nil {
				fmt.Fprintf(&all, "%s\n", plain)
			}
		}
	}
	err = db.Walk(ctx, "*", func(keys []string) error {
		for _, key := range keys {
			fmt.Fprintln(&all, key)
			switch db.Type(ctx, key).Val() {
			case "string":
				text(key, db.Get(ctx, key).Val())
			case "hash":
				for field, value := range db.HGetAll(ctx, key).Val() {
					fmt.Fprintln(&all, field)
					text(key, value)
				}
			case "set":
				fmt.Fprintln(&all, db.SMembers(ctx, key).Val())
			case "zset":
				fmt.Fprintln(&all, db.ZRange(ctx, key, 0, -1).Val())
			case "list":
				fmt.Fprintln(&all, db.LRange(ctx, key, 0, -1).Val())
			}
		}
		return nil
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return all.String()
}

// filed reports whether a text stands in a file of the world's Redis.
func (w *suite) filed(text string) bool {
	w.T.Helper()
	files, err := filepath.Glob(filepath.Join(w.RedisDir, "appendonlydir", "*"))
	if err != nil || len(files) == 0 {
		w.T.Fatalf("Redis has no append-only file: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) { // Redis removes the former ones
			w.T.Fatal(err)
		}
		if strings.Contains(string(raw), text) {
			return true
		}
	}
	return false
}

func (w *suite) tenants(args ...string) string {
	w.T.Helper()
	out, err := w.command(nil, append([]string{"tenants"}, args...)...)
	if err != nil {
		w.T.Fatalf("tenants %v: %v\n%s", args, err, out)
	}
	for what, secret := range map[string]string{
		"helpdesk token": w.Info.UsedeskToken, "client secret": w.Info.Integrations[0].Secret, "sealed value": "v1.k1.",
	} {
		if strings.Contains(out, secret) {
			w.T.Errorf("tenants %v prints the %s:\n%s", args, what, out)
		}
	}
	return out
}

func TestTenants_commandsFromTheFirstLookToTheLastKey(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	base, ticket := w.Replicas[0], w.Ticket("three_contacts_one_phone")
	request := w.BlockRequest(ticket, nil)
	client := request["client_data"].(map[string]any)
	clientID := fmt.Sprint(request["client_id"])
	name, phone := client["name"].(string), client["phones"].([]rig.Phone)[0].Phone
	panel := w.Panel(base, ticket, nil)
	res, err := http.PostForm(panel+"/link", url.Values{"contact": {contactOf(t, w, panel)}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	_, page := w.Get(http.DefaultClient, panel+"/rule?wait=1")
	key := triggerKeyIn(t, page)
	w.fire(base, w.SeedRule(ticket, map[string]any{"key": key, "comment": "only for this person"}), "Prefer", "wait=20")

	var list struct {
		ID    string `json:"id"`
		Host  string `json:"amo_host"`
		Grant string `json:"grant"`
		Links int    `json:"links"`
	}
	if err := json.Unmarshal([]byte(w.tenants("list", "--json")), &list); err != nil || list.Links != 1 || list.Grant != "connected" {
		t.Fatalf("the list holds %+v, %v", list, err)
	}
	if out := w.tenants("show"); !strings.Contains(out, `"done": 1`) || strings.Contains(out, key) {
		t.Errorf("shown:\n%s", out)
	}

	// A new key: the former one goes on working.
	fresh := triggerKeyIn(t, func() string { out, _ := w.command(nil, "tenants", "key", "--rotate"); return out }())
	for what, k := range map[string]string{"former": key, "new": fresh} {
		body := w.SeedRule(w.Ticket("known_one_deal"), map[string]any{"key": k, "comment": what})
		if status, answer := w.Post(base+"/api/freeCreateLead", body, "Prefer", "wait=20"); status >= 300 {
			t.Errorf("the %s key: %d %s", what, status, answer)
		}
	}

	// One person.
	exported := w.tenants("export", "--client", clientID)
	for _, want := range []string{"only for this person", "linked_contact", name, phone} {
		if !strings.Contains(exported, want) {
			t.Errorf("%q is not in what is stored of the person:\n%s", want, exported)
		}
	}
	if before := w.stored(); !strings.Contains(before, name) || !strings.Contains(before, "only for this person") {
		t.Fatal("the test does not see what is stored")
	}
	if out, err := w.command(nil, "tenants", "erase", "--tenant", list.Host, "--client", clientID); err == nil {
		t.Errorf("erased without an answer:\n%s", out)
	}
	ofTicket := fmt.Sprintf("{%s}:fire:f:%d", list.ID, ticket)
	if !w.filed(ofTicket) {
		t.Fatal("the test does not see what Redis has on disk")
	}
	if out := w.tenants("erase", "--tenant", list.Host, "--client", clientID, "--yes"); !strings.Contains(out, "append-only file anew: nothing of it is left") {
		t.Errorf("not told what became of Redis' file:\n%s", out)
	}
	rig.Eventually(t, limit, "the ids are off Redis' disk", func() bool {
		return !w.filed(ofTicket) && !w.filed(":"+clientID) && !w.filed(fmt.Sprintf(":o:%d", ticket))
	})
	after := w.stored()
	for _, gone := range []string{name, phone, "only for this person", ":" + clientID, fmt.Sprint(ticket)} {
		if i := strings.Index(after, gone); i >= 0 {
			t.Errorf("%q of the person is still stored: …%.300s", gone, after[max(0, i-150):])
		}
	}
	if out := w.tenants("show"); !strings.Contains(out, `"done": 2`) || !strings.Contains(out, `"links": 0`) {
		t.Errorf("the others' firings after one person was erased:\n%s", out)
	}

	// The login, then everything.
	hook := w.subscribed()
	w.tenants("disconnect")
	if out := w.tenants("show"); !strings.Contains(out, "disconnected by the operator") {
		t.Errorf("after disconnecting:\n%s", out)
	}
	if now, _ := w.hookOf(); now == hook {
		t.Errorf("amoCRM still tells of changes at %s", now)
	}
	held := w.fire(base, w.SeedRule(w.Ticket("unknown_client"), map[string]any{"key": fresh}))
	w.state(base, held.ID, "held")
	if out := w.tenants("export"); !strings.Contains(out, held.ID) {
		t.Errorf("the held firing is not exported:\n%s", out)
	}
	if out := w.tenants("erase", "--tenant", list.ID, "--yes", "--json"); !strings.Contains(out, `"append_only_file": "rewritten"`) {
		t.Errorf("not told what became of Redis' file:\n%s", out)
	}
	rig.Eventually(t, limit, "nothing of the tenant is stored", func() bool {
		left := w.stored()
		return !strings.Contains(left, list.ID) && !strings.Contains(left, w.Info.UsedeskToken) && !strings.Contains(left, "sc:credential")
	})
	if status, _ := w.Post(base+"/api/freeCreateLead", w.SeedRule(ticket, map[string]any{"key": fresh})); status != http.StatusUnauthorized {
		t.Errorf("an erased tenant's key: %d, want 401", status)
	}
}

// A rule was pasted with the key of a block that nobody had logged in from yet. Its firings wait; the login then finds that the
// account is connected already, and whoever replaces the old key loses none of them.
func TestTenants_replacedKeyTakesWaitingFiringsAlong(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	base, ticket := w.Replicas[0], w.Ticket("known_one_deal")
	panel := w.Panel(base, ticket, map[string]any{"secret": "a block's own secret"})
	var fresh struct {
		ID    string `json:"id"`
		Grant string `json:"grant"`
	}
	all := json.NewDecoder(strings.NewReader(w.tenants("list", "--all", "--json")))
	for fresh.Grant != "none" {
		if err := all.Decode(&fresh); err != nil {
			t.Fatalf("no tenant without a login is listed: %v", err)
		}
	}
	key, err := w.command(nil, "tenants", "key", "--rotate", "--tenant", fresh.ID)
	if err != nil {
		t.Fatal(err)
	}
	key = triggerKeyIn(t, key)
	var waiting []outcome
	for _, name := range []string{"first", "second"} {
		waiting = append(waiting, w.fire(base, w.SeedRule(ticket, map[string]any{"key": key, "comment": name})))
	}
	question := w.Login(panel)
	ticketOf := regexp.MustCompile(`name="ticket" value="([^"]+)"`).FindStringSubmatch(question)
	if ticketOf == nil {
		t.Fatalf("not asked what to do with the other key:\n%s", question)
	}
	res, err := http.PostForm(base+"/oauth/decide", url.Values{"ticket": {ticketOf[1]}, "choice": {"replace"}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	says(t, string(page), "login-carried")
	for _, f := range waiting {
		w.state(base, f.ID, "done")
	}
	if left := w.stored(); strings.Contains(left, "{"+fresh.ID+"}:fire:e:") {
		t.Error("firings are left with the tenant that is gone")
	}
	if status, _ := w.Post(base+"/api/freeCreateLead", w.SeedRule(ticket, map[string]any{"key": key})); status != http.StatusUnauthorized {
		t.Errorf("the replaced tenant's key: %d, want 401", status)
	}
}
