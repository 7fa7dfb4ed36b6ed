package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/e2e/rig"
	"github.com/sidecard/sidecard/internal/store"
)

// useAll goes through what makes the service store something.
func (w *suite) useAll() {
	t, base := w.T.(*testing.T), w.Replicas[0]
	hook := newHooked(t)
	known := w.Ticket("known_one_deal")
	deal, panel := w.openDeal(known), w.Panel(base, known, nil)
	w.submit(panel+"/settings/notices", url.Values{
		"token": {w.token(panel, "/settings?wait=1")}, "do": {"test"}, "chat": {""}, "bot_token": {""}, "webhook": {hook.URL}, "comment_back": {"1"},
	})
	three := w.Panel(base, w.Ticket("three_contacts_one_phone"), nil)
	w.submit(three+"/link", url.Values{"contact": {contactOf(t, w, three)}})
	w.ask("the open deals", "GET", three+"/people?wait=1&deals=open", nil, false)
	w.ask("a search", "POST", panel+"/search", url.Values{"q": {"anna"}}, true)
	w.ask("the card", "GET", fmt.Sprintf("%s/deals/%d?wait=1", panel, deal), nil, false)
	w.ask("the card's feed", "GET", fmt.Sprintf("%s/deals/%d/feed", panel, deal), nil, true)
	w.ask("the rule", "GET", panel+"/rule?wait=1", nil, false)
	o := w.fire(base, w.SeedRule(w.Ticket("unknown_client"), map[string]any{"company": "ACME", "task": map[string]any{"text": "Call", "due_in": "1d"}}))
	w.finished(base, o.ID)
	w.Get(http.DefaultClient, panel+"/login") // and no further
	w.Post(w.Amo+"/_sandbox/revoke", map[string]any{})
	w.state(base, w.fire(base, w.SeedRule(known, nil)).ID, "held")
	rig.Eventually(t, limit, "the lost login is told", func() bool { return len(hook.events(t)) > 1 })
}

// versioned are the values with a form, by their Redis keys; those of a tenant begin with T.
var versioned = []string{`T:tenant`, `T:grant`, `T:hook`, `T:notice:said`, `T:fire:e:\w+`, `T:cache:.+`, `session:\w{32}`, `login:\w{64}`}

// plain are the values without one, with all that they may hold. What is of another kind needs a version.
var plain = []struct{ key, value, why string }{
	{`.*:lock(:.+)?|.*:sweep`, `\S*`, "a lock's holder, for seconds"},
	{`ready`, `1`, "says that Redis takes writes"},
	{`(hooks|notice|index):listed`, `1`, "says that a round's tenants have been listed"},
	{`T:fire:(f|o|t):\d+|T:fire:(s|m):\w+|T:fire:index`, `FIRING`, "sets of ids of firings"},
	{`T:fire:(k:\w{64}|own:\d+|own:(note|task):\d+)`, `FIRING`, "ids of firings"},
	{`T:fire:open`, `FIRING|[0-9a-f]{64}`, "fingerprints of deals in doubt; one that nobody makes any more is like no other"},
	{`T:fire:(seq|epoch)|T:notice:tests`, `\d+`, "counters"},
	{`T:fire:clock`, `\d{13}`, "what Redis' clock said last"},
	{`T:fire:l:\w+`, `\d{13}(\|\d+\|\d{13}\|[\w.]+)? .+`, "what happened when and how often, in words for people; nobody else's words are open"},
	{`fire:due`, `TENANT|clock`, "ids of tenants, and what Redis' clock said last"},
	{`tenants|grants|(hooks|index):due|integration:.+|account:.+`, `TENANT`, "sets of ids of tenants"},
	{`(trigger|credential|hook):\w{64}`, `TENANT`, "ids of tenants"},
	{`T:index:(doubts|unread)|T:links|T:mine:\d+|T:gone:\d+|T:made:(company|line):\w{64}`, `\d+`, "ids of amoCRM's"},
	{`T:made:\d+`, `(contact|deal):\d+`, "a kind and an id of amoCRM's; other kinds are passed over"},
	{`T:changes`, `\w+:\d+`, "a kind and an id of amoCRM's; other kinds are passed over"},
	{`T:forgotten|T:unsure:\w{64}`, `\d{13}|[a-z]+`, "names and times"},
	{`T:country`, `[A-Z]{2}`, "a code of ISO 3166"},
	{`T:index:((line|contact):[0-9a-f]{2}|shared)`, `(?s).{1,512}|[\d,]+|\*`, "keyed hashes and ids of amoCRM's, of the form that the index's state names"},
	{`T:index`, `[\w ]*`, "begins with the form of what the index holds; one of another form is built anew"},
	{`T:filter`, `on|off`, "which of two ways the account takes"},
	{`T:open:\d+`, `[a-z-]+(:\d+)?`, "a card's name; an unknown one opens the first screen"},
	{`T:grant:hold`, `\{.*\}`, "a note for a minute; one of another form holds nobody up"},
	{`pace:.+`, `[A-Z2-7]{26}|\d+ \d+`, "slots of the limiter, for seconds, and until when it pauses"},
	{`session:\w{32}:form:.{22}`, `working|done:\w+`, "what a form led to; for anything else the form counts as being worked on"},
	{`session:\w{32}:aside:deals`, `open`, "a word beside a session"},
	{`session:\w{32}:aside:message`, `(?s).*`, "a text beside a session"},
}

// fits tells whether text is wholly of a pattern's form.
func fits(pattern, text string) bool {
	pattern = strings.NewReplacer("T:", `\{[a-z2-7]{26}\}:`, "TENANT", "[a-z2-7]{26}", "FIRING", "[0-9a-z]{26}").Replace(pattern)
	return regexp.MustCompile("^(?:" + pattern + ")$").MatchString(text)
}

// Every value that the service leaves in Redis carries the version of its form, or has none because it is an id, a number
// or a word: who adds a value has to give it the one or name it as the other.
func TestVersions_everyStoredValueCarriesOne(t *testing.T) {
	t.Parallel()
	w := connect(t, 1, "SIDECARD_NOTICE_PRIVATE_HOSTS=true")
	w.useAll()
	ring, err := store.ParseRing(rig.SealKey)
	if err != nil {
		t.Fatal(err)
	}
	db, ctx := rig.Admin(t, w.RedisAddr()), t.Context()
	keys, err := db.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{}
	for _, key := range keys {
		values, err := content(ctx, db, key)
		if errors.Is(err, redis.Nil) || err == nil && len(values) == 0 {
			continue // ended meanwhile
		}
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		name := strings.TrimPrefix(key, "sc:")
		if i := slices.IndexFunc(versioned, func(v string) bool { return fits(v, name) }); i >= 0 {
			met[versioned[i]] = true
			if !hasVersion(ring, key, values) {
				t.Errorf("%s carries no version: %.200q", key, values)
			}
			continue
		}
		i := slices.IndexFunc(plain, func(p struct{ key, value, why string }) bool { return fits(p.key, name) })
		if i < 0 {
			t.Errorf("%s is neither known to carry a version nor named as plain: %.200q", key, values)
			continue
		}
		for _, v := range values {
			if opened, err := ring.Open(v, key); err == nil {
				v = string(opened)
			}
			if !fits(plain[i].value, v) {
				t.Errorf("%s is no plain value any more (%s), it needs a version: %.200q", key, plain[i].why, v)
			}
		}
	}
	for _, v := range versioned {
		if !met[v] {
			t.Errorf("nothing was stored under %s: the test does not see it", v)
		}
	}
}

// content is what lies under a key; of a hash names and values of its fields in turn.
func content(ctx context.Context, db *redis.Client, key string) ([]string, error) {
	switch kind, err := db.Type(ctx, key).Result(); kind {
	case "string":
		v, err := db.Get(ctx, key).Result()
		return []string{v}, err
	case "hash":
		fields, err := db.HGetAll(ctx, key).Result()
		var out []string
		for name, v := range fields {
			out = append(out, name, v)
		}
		return out, err
	case "zset":
		return db.ZRange(ctx, key, 0, -1).Result()
	case "set":
		return db.SMembers(ctx, key).Result()
	case "list":
		return db.LRange(ctx, key, 0, -1).Result()
	case "none":
		return nil, err
	default:
		return nil, fmt.Errorf("a %s: %w", kind, err)
	}
}

// hasVersion finds a version: member v of the value or of what is sealed in it, field v of a hash, or a cache's shape.
func hasVersion(ring *store.Ring, key string, values []string) bool {
	numbered := func(raw []byte) bool {
		var m struct{ V int }
		return json.Unmarshal(raw, &m) == nil && m.V > 0
	}
	for i, v := range values {
		if len(values) > 1 && i%2 == 0 && v == "v" && values[i+1] != "" || numbered([]byte(v)) {
			return true
		}
		bounds := []string{key}
		if at := slices.Index(values, "gen"); at >= 0 && at+1 < len(values) {
			bounds = append(bounds, key+"#"+values[at+1])
		}
		for _, bound := range bounds {
			if opened, err := ring.Open(v, bound); err == nil && numbered(opened) {
				return true
			}
		}
		if strings.Contains(key, ":cache:") {
			if len(v) == 26 {
				return true // the mark of a drop, which is its version and nothing more
			}
			opened, err := ring.Open(v[min(26, len(v)):], key)
			if err == nil && len(opened) > 17 && strings.ContainsRune("PZ", rune(opened[8])) {
				return true
			}
		}
	}
	return false
}
