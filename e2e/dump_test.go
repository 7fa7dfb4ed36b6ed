package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/e2e/rig"
)

// What clients, agents and rules write is full of these, and nothing else is.
const (
	canary      = "Kanarek"
	canaryMail  = "kanarek@example.com"
	canaryPhone = "+7 999 555-13-13"
)

// canaryForms are the forms in which a canary would be found: as it is written, and in base64 and hex wherever it begins.
func canaryForms() (forms []string) {
	for _, word := range []string{canary, strings.ToLower(canary), "9995551313", "999 555-13-13"} {
		forms = append(forms, word, hex.EncodeToString([]byte(word)), strings.ToUpper(hex.EncodeToString([]byte(word))))
		for shift := range 3 {
			raw := append(bytes.Repeat([]byte{0}, shift), word...)
			text := base64.RawStdEncoding.EncodeToString(raw[:len(raw)/3*3])
			forms = append(forms, text[(shift*8+5)/6:])
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

func TestCanaryForms_areFoundWhereverTheyBegin(t *testing.T) {
	t.Parallel()
	for shift := range 5 {
		text := strings.Repeat("x", shift) + canary + "yyy"
		for _, encoded := range []string{text, hex.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text))} {
			if !slices.ContainsFunc(canaryForms(), func(form string) bool { return strings.Contains(encoded, form) }) {
				t.Errorf("not found in %s", encoded)
			}
		}
	}
}

// Whoever steals Redis' memory or its files reads nothing that a client, an agent or a rule has written: names, phones,
// subjects, comments, reasons, deals' names, what amoCRM complains of, in cards, forms, notices and firings of every kind.
func TestSecrets_noTextOfAnybodyLiesOpenInRedis(t *testing.T) {
	t.Parallel()
	w := connect(t, 1, "SIDECARD_NOTICE_PRIVATE_HOSTS=true")
	w.fillWithCanaries()
	db, ctx := rig.Admin(t, w.RedisAddr()), t.Context()
	keys, err := db.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{}
	for _, key := range keys {
		values, err := everything(ctx, db, key)
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatalf("%s: %v", key, err)
		}
		places["key "+key] = key + "\n" + strings.Join(values, "\n")
	}
	err = filepath.WalkDir(w.RedisDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		places["file "+d.Name()] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	places["the log"] = w.Processes[0].Out.String()
	forms := canaryForms()
	for place, text := range places {
		for _, form := range forms {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("%s holds %q: …%.200q", place, form, text[max(0, at-80):])
				break
			}
		}
	}
	kinds := map[string]bool{} // the test would be worth nothing if it saw nothing
	for _, key := range keys {
		kinds[regexp.MustCompile(`\{[^}]*\}|[0-9a-z]{20,}|\d+`).ReplaceAllString(key, "*")] = true
	}
	for _, want := range []string{"sc:*:fire:e:*", "sc:*:fire:l:*", "sc:*:made:line:*", "sc:session:*", "sc:*:cache:people:*:*", "sc:*:notice:said"} {
		if !kinds[want] {
			t.Errorf("nothing was stored like %s: %v", want, kinds)
		}
	}
}

// everything is content, of streams too, with scores.
func everything(ctx context.Context, db *redis.Client, key string) ([]string, error) {
	if kind, err := db.Type(ctx, key).Result(); err != nil || kind != "stream" {
		if err != nil {
			return nil, err
		}
		return content(ctx, db, key)
	}
	entries, err := db.XRange(ctx, key, "-", "+").Result()
	var out []string
	for _, e := range entries {
		out = append(out, fmt.Sprint(e.ID, e.Values))
	}
	return out, err
}

// fillWithCanaries goes through what stores texts, with canaries in all of them.
func (w *suite) fillWithCanaries() {
	t, base := w.T.(*testing.T), w.Replicas[0]
	w.Fill(0) // takes the helpdesk's own rule away
	hook := newHooked(t)
	ticket := func(n int) int64 {
		var made struct {
			Ticket int64 `json:"ticket_id"`
		}
		_, body := w.Post(w.Desk+"/create/ticket", map[string]any{"api_token": w.Info.UsedeskToken, "subject": canary + " subject",
			"message": "<p>" + canary + " wrote</p>", "client_name": fmt.Sprint(canary, " ", n), "client_email": fmt.Sprint(n, canaryMail), "client_phone": canaryPhone})
		if err := json.Unmarshal(body, &made); err != nil || made.Ticket == 0 {
			t.Fatalf("ticket: %v %s", err, body)
		}
		return made.Ticket
	}
	rule := func(id int64, more map[string]any) map[string]any {
		changes := map[string]any{
			"comment": canary + " comment " + canaryPhone, "tags": []string{canary + " tag"}, "company": canary + " Ltd",
			"task": map[string]any{"text": canary + " task", "due_in": "1d"},
			"fields": map[string]any{"name": canary + " deal", "pipeline_id": 6516490, "status_id": 55524250, "custom_fields_values": []any{
				map[string]any{"field_id": 1025541, "values": []any{map[string]any{"value": canary + " field"}}}}},
		}
		for k, v := range more {
			changes[k] = v
		}
		return w.SeedRule(id, changes)
	}
	first := ticket(1)
	panel := w.Panel(base, first, map[string]any{"amo_layout": canary})
	w.submit(panel+"/settings/notices", url.Values{"token": {w.token(panel, "/settings?wait=1")}, "do": {"test"}, "chat": {""}, "bot_token": {""},
		"webhook": {hook.URL}, "comment_back": {"1"}})

	// The card: everything that a person types, found and refused.
	w.ask("nobody", "GET", panel+"/people?wait=1", nil, false)
	w.ask("a search", "POST", panel+"/search", url.Values{"q": {canary}}, true)
	contact := url.Values{"token": {w.token(panel, "/contacts/new")}, "name": {canary + " by hand"}, "phone": {canaryPhone, canary}, "email": {canaryMail}, "company": {canary + " Ltd"}}
	w.ask("a refused contact", "POST", panel+"/contacts", contact, true)
	contact["phone"], contact["token"] = []string{canaryPhone}, []string{w.token(panel, "/contacts/new")}
	w.ask("a contact", "POST", panel+"/contacts", contact, true)
	w.ask("people", "GET", panel+"/people?wait=1", nil, false)
	deal := url.Values{"token": {w.token(panel, "/deals/new?wait=1")}, "name": {canary + " by hand"}, "price": {canary}, "pipeline_id": {"6516490"},
		"status_id": {"55524250"}, "note": {canary + " note"}}
	w.ask("a refused deal", "POST", panel+"/deals", deal, true)
	deal["price"], deal["token"] = []string{"900"}, []string{w.token(panel, "/deals/new?wait=1")}
	w.ask("a deal", "POST", panel+"/deals", deal, true)

	// Firings: done, looked for, waiting with amoCRM's words, refused, failed with candidates, dropped, edited, held.
	done := w.finished(base, w.fire(base, rule(ticket(2), nil)).ID)
	card := fmt.Sprintf("%s/deals/%d", panel, done.LeadID)
	w.ask("the deal", "GET", card+"?wait=1", nil, false)
	w.ask("its feed", "GET", card+"/feed", nil, true)
	w.ask("a comment", "POST", card+"/comments", url.Values{"token": {w.token(panel, fmt.Sprintf("/deals/%d?wait=1", done.LeadID))}, "text": {canary + " by hand"}}, true)
	w.ask("a check", "POST", panel+"/rule/check", url.Values{"rule": {canary}}, true)
	w.Post(base+"/api/freeCreateLead", rule(first, map[string]any{"ticketId": canary}))

	w.crmAdd("/api/v4/leads", []map[string]any{{"name": canary + " deal", "pipeline_id": 6516490, "status_id": 55524250,
		"_embedded": map[string]any{"contacts": []map[string]any{{"id": done.ContactID}}}}})
	w.Fault(map[string]any{"drop_after_commit": true, "routes": "/api/v4/leads/complex", "times": 1})
	twins := w.fire(base, rule(ticket(3), nil))
	w.state(base, twins.ID, "failed")
	if out := w.triggers("--json", "show", twins.ID); !strings.Contains(out, `"candidates"`) || !strings.Contains(out, canary) {
		t.Errorf("it has no candidates:\n%s", out)
	}
	w.triggers("drop", twins.ID, "--reason", canary+" is not wanted")

	refused := w.fire(base, rule(987654321, map[string]any{"comment": canary + " again"}))
	w.state(base, refused.ID, "failed")
	page := panel + "/inbox/" + refused.ID
	w.ask("the inbox", "GET", panel+"/inbox", nil, false)
	w.ask("an edit that is refused", "POST", page, url.Values{"token": {w.token(panel, "/inbox/"+refused.ID)}, "do": {"edit"}, "request": {`{"` + canary}}, false)
	edited := rule(ticket(4), map[string]any{"comment": canary + " edited"})
	raw, err := json.Marshal(edited)
	if err != nil {
		t.Fatal(err)
	}
	w.ask("an edit", "POST", page, url.Values{"token": {w.token(panel, "/inbox/"+refused.ID)}, "do": {"edit"}, "request": {string(raw)}}, false)
	w.finished(base, refused.ID)

	w.Fault(map[string]any{"status": 503, "routes": "/api/v4/leads"})
	waiting := w.fire(base, rule(ticket(5), map[string]any{"comment": canary + " waits"}))
	rig.Eventually(t, limit, "the firing waits", func() bool {
		return strings.Contains(w.triggers("show", waiting.ID), "its answer was 503")
	})
	w.Fault(map[string]any{})
	w.Post(w.Amo+"/_sandbox/revoke", map[string]any{})
	w.state(base, w.fire(base, rule(ticket(6), map[string]any{"comment": canary + " held"})).ID, "held")
	rig.Eventually(t, limit, "notices are told", func() bool { return len(hook.events(t)) > 1 })
	<-time.After(1500 * time.Millisecond) // what is written a moment later, such as of the inbox
	w.Get(http.DefaultClient, panel)
}
