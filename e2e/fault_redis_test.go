package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// probe asks a replica whether it is ready.
func probe(t *testing.T, base string) (int, string) {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(base + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(said)
}

// turnsReady waits until a replica takes work again.
func turnsReady(t *testing.T, base string) {
	t.Helper()
	rig.Eventually(t, limit, "ready again", func() bool { return rig.Answers(base + "/readyz") })
}

// offer sends a rule once and returns the status within a bound.
func (w *suite) offer(base string, rule map[string]any, within time.Duration) int {
	w.T.Helper()
	raw, err := json.Marshal(rule)
	if err != nil {
		w.T.Fatal(err)
	}
	client := &http.Client{Timeout: within}
	res, err := client.Post(base+"/api/freeCreateLead", "application/json", bytes.NewReader(raw))
	if err != nil {
		w.T.Errorf("a rule: %v", err)
		return 0
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.T.Fatal(err)
	}
	if res.StatusCode == http.StatusServiceUnavailable && (res.Header.Get("Retry-After") == "" || !strings.Contains(string(body), "send it again")) {
		w.T.Errorf("a refused rule does not say that it is to be sent again: %v %s", res.Header, body)
	}
	return res.StatusCode
}

// stands opens a block while Redis comes and goes: it says what is up, or is there, within an agent's patience.
func (w *suite) stands(base string, request map[string]any) {
	w.T.Helper()
	began := time.Now()
	if page := w.Open(base, request); !strings.Contains(page, storeDown) && !strings.Contains(page, "<iframe") {
		w.T.Errorf("the block is neither there nor says what is up:\n%s", page)
	}
	if took := time.Since(began); took > patience {
		w.T.Errorf("the block took %s", took)
	}
}

const (
	storeDown   = "Sidecard&#39;s own storage is not working just now"
	storeDownRU = "Хранилище Sidecard сейчас не работает"
)

// Whatever ails Redis, the probe names it, a rule gets 503 and no promise, the card says so within three seconds in the
// reader's language, and once it is mended the same rule, sent again, is one lead, so is what was accepted the moment
// before, and nobody has to log in.
func TestFault_redisInTrouble(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	base, ticket := w.Replicas[0], w.Ticket("known_one_deal")
	made, _ := w.Fill(6)
	admin, ctx := rig.Admin(t, w.RedisAddr()), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	panel := w.Panel(base, ticket, nil)
	w.ask("the contacts before", "GET", panel+"/people?wait=1", nil, false)
	inEnglish := w.BlockRequest(ticket, nil)
	inRussian, floor := w.BlockRequest(ticket, map[string]any{"language": "ru"}), w.BlockRequest(ticket, map[string]any{"view": "html"})
	n := 0
	for _, c := range []struct {
		name        string
		spoil, mend func()
		why         string
		reads       bool // what is only read still works
	}{
		{"ReadOnly", func() { must(admin.Do(ctx, "REPLICAOF", "127.0.0.1", "1").Err()) }, func() { must(admin.Do(ctx, "REPLICAOF", "NO", "ONE").Err()) },
			"Redis is read-only", false},
		{"Full", func() { must(admin.ConfigSet(ctx, "maxmemory", "1mb").Err()) }, func() { must(admin.ConfigSet(ctx, "maxmemory", "0").Err()) },
			"Redis is full", true},
		{"Silent", func() { w.RedisProcess.Signal(t, syscall.SIGSTOP) }, func() { w.RedisProcess.Signal(t, syscall.SIGCONT) },
			"Redis is not reachable", false},
		{"Gone", func() { w.RedisProcess.Kill() }, func() { _, w.RedisProcess = rig.StartRedisAt(t, w.RedisDir, w.RedisAddr()) },
			"Redis is not reachable", false},
	} {
		if n < 2 { // the later ones would wait for their lease; TestPromise_stored… kills Redis under load
			if status := w.offer(base, w.SeedRule(made[4+n], nil), 2*patience); status != http.StatusAccepted {
				t.Errorf("%s: before it a rule got %d", c.name, status)
			}
		}
		c.spoil()
		if status, said := probe(t, base); status != http.StatusServiceUnavailable || !strings.Contains(said, c.why) {
			t.Errorf("%s: /readyz says %d %q, want 503 %q", c.name, status, said, c.why)
		}
		if !rig.Answers(base + "/healthz") {
			t.Errorf("%s: the process counts as dead and would be killed", c.name)
		}
		rule := w.SeedRule(made[n], nil)
		if status := w.offer(base, rule, 2*patience); status != http.StatusServiceUnavailable {
			t.Errorf("%s: a rule got %d, want 503", c.name, status)
		}
		for want, request := range map[string]map[string]any{storeDown: inEnglish, storeDownRU: inRussian} {
			began := time.Now()
			if page := w.Open(base, request); !strings.Contains(page, want) {
				t.Errorf("%s: the block does not say %q:\n%s", c.name, want, page)
			}
			if took := time.Since(began); took > patience {
				t.Errorf("%s: the block took %s", c.name, took)
			}
		}
		if page := w.Open(base, floor); !strings.Contains(page, storeDown) {
			t.Errorf("%s: the floor does not say what is up:\n%s", c.name, page)
		}
		page := w.ask(c.name+": the contacts", "GET", panel+"/people?wait=1", nil, false)
		if !strings.Contains(page, storeDown) && !(c.reads && strings.Contains(page, "/contacts/detail/")) {
			t.Errorf("%s: the panel does not say what is up:\n%s", c.name, page)
		}
		c.mend()
		turnsReady(t, base)
		if page := w.ask("the contacts after", "GET", panel+"/people?wait=1", nil, false); !strings.Contains(page, "/contacts/detail/") {
			t.Errorf("%s: after it the panel shows nobody:\n%s", c.name, page)
		}
		if status := w.offer(base, rule, 2*patience); status != http.StatusAccepted {
			t.Errorf("%s: after it the rule, sent again, got %d", c.name, status)
		}
		n++
	}
	w.settles(90*time.Second, n+2, n+2, n+2) // what was accepted, and what was refused and sent again, is one lead each
}

// A replica that starts before its Redis waits for it: alive, not ready, in words; then it works without a restart.
func TestFault_redisDownAtStart(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	ticket := w.Ticket("known_one_deal")
	request, base, before := w.BlockRequest(ticket, nil), w.Replicas[0], w.Stats()
	w.Fault(map[string]any{"status": 503, "routes": "/api/v4/contacts", "method": "GET"}) // so that the firing waits
	kept := w.fire(base, w.SeedRule(w.Ticket("unknown_client"), nil))
	w.Processes[0].Stop(t)
	w.RedisProcess.Kill()
	w.Processes[0] = w.Serve(base)
	rig.Eventually(t, limit, "alive without Redis", func() bool { return rig.Answers(base + "/healthz") })
	if status, said := probe(t, base); status != http.StatusServiceUnavailable || !strings.Contains(said, "not reachable") {
		t.Errorf("/readyz says %d %q", status, said)
	}
	if page := w.Open(base, request); !strings.Contains(page, storeDown) {
		t.Errorf("the block does not say what is up:\n%s", page)
	}
	refused := w.SeedRule(ticket, nil)
	if status := w.offer(base, refused, 2*patience); status != http.StatusServiceUnavailable {
		t.Errorf("a rule got %d, want 503", status)
	}
	w.Fault(map[string]any{})
	_, w.RedisProcess = rig.StartRedisAt(t, w.RedisDir, w.RedisAddr())
	turnsReady(t, base)
	// The connections of the service may take another second to be made anew.
	rig.Eventually(t, limit, "the block opens", func() bool { return strings.Contains(w.Open(base, request), "<iframe") })
	rig.Eventually(t, limit, "the contacts are shown", func() bool {
		return strings.Contains(w.ask("the contacts", "GET", w.Panel(base, ticket, nil)+"/people?wait=1", nil, false), "/contacts/detail/")
	})
	w.finished(base, w.fire(base, refused).ID)
	w.finished(base, kept.ID)
	w.created(before, 2, 1, 2)
}
