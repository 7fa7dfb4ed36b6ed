package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

// span is one of the OTLP/HTTP protocol's JSON.
type span struct {
	TraceID      string
	SpanID       string
	ParentSpanID string
	Links        []struct{ SpanID string }
	Name         string
	Attributes   []struct {
		Key   string
		Value struct {
			StringValue string
			IntValue    string
		}
	}
}

// collector stands in for OpenTelemetry's.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
}

func newTraceCollector(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/otlp/v1/traces" || r.Header.Get("Api-Key") != "of the collector" {
			t.Errorf("%s %s: %v %v", r.Method, r.URL, r.Header, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.bodies = append(c.bodies, string(body))
	}))
	t.Cleanup(c.Close)
	return c
}

// spans are all that came, with the raw bodies.
func (c *collector) spans(t *testing.T) (all []span, raw string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, body := range c.bodies {
		var sent struct {
			ResourceSpans []struct{ ScopeSpans []struct{ Spans []span } }
		}
		if err := json.Unmarshal([]byte(body), &sent); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		for _, r := range sent.ResourceSpans {
			for _, s := range r.ScopeSpans {
				all = append(all, s.Spans...)
			}
		}
	}
	return all, strings.Join(c.bodies, "\n")
}

// tree is the names below a span, each with its parents' before it.
func tree(all []span, below span, path string) (names []string) {
	for _, s := range all {
		if s.ParentSpanID == below.SpanID && s.TraceID == below.TraceID {
			names = append(names, path+s.Name)
			names = append(names, tree(all, s, path+s.Name+" > ")...)
		}
	}
	return names
}

func named(all []span, name string) (found []span) {
	for _, s := range all {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

var (
	manyDigits = regexp.MustCompile(`[0-9]{3,}`)
	sessionID  = regexp.MustCompile(`/blocks/amocrm/([A-Za-z0-9_-]{22})`)
)

// A block is opened and a rule fires; nothing is sent until the service stops, and then all of it.
func TestTraces_blockAndRuleAsTreesWithoutAnythingSecret(t *testing.T) {
	t.Parallel()
	c := newTraceCollector(t)
	w := connect(t, 1, "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL+"/otlp", "OTEL_EXPORTER_OTLP_HEADERS=api-key=of%20the%20collector",
		"OTEL_BSP_SCHEDULE_DELAY=600000", "OTEL_BSP_MAX_QUEUE_SIZE=100000", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=100000")
	tickets, clients := w.Fill(1)
	const trace, caller = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	traceparent := "00-" + trace + "-" + caller + "-01"

	_, block := w.Post(w.Replicas[0]+"/api/", w.BlockRequest(tickets[0], nil), "traceparent", traceparent)
	session := sessionID.FindSubmatch(block)
	if session == nil {
		t.Fatalf("no panel in the block's answer:\n%s", block)
	}
	panel := w.Replicas[0] + "/blocks/amocrm/" + string(session[1])
	req, err := http.NewRequest(http.MethodGet, panel+"/people?wait=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("traceparent", traceparent)
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	res.Body.Close()
	_, page := w.Get(http.DefaultClient, panel+"/rule?wait=1")
	key := triggerKey.FindString(page)
	status, answer := w.Post(w.Replicas[0]+"/api/freeCreateLead?key="+key, w.SeedRule(tickets[0], nil), "Prefer", "wait=25")
	var o outcome
	if err := json.Unmarshal(answer, &o); err != nil || key == "" || status != http.StatusOK || o.State != "done" {
		t.Fatalf("key %q: %d %v %s", key, status, err, answer)
	}
	secrets := w.Secrets()
	w.Processes[0].Stop(t)
	all, raw := c.spans(t)

	var under []string
	for _, h := range named(all, "haul") { // more than one when it had to wait in between
		if h.ParentSpanID != "" {
			t.Errorf("a haul is part of something: %+v", h)
		}
		if brought := named(all, "POST /api/freeCreateLead"); len(brought) != 1 || len(h.Links) != 1 || h.Links[0].SpanID != brought[0].SpanID {
			t.Errorf("the haul is linked to %+v, it was brought by %+v", h.Links, brought)
		}
		under = append(under, tree(all, h, "")...)
	}
	for _, want := range []string{"claim", "tickets > usedesk POST /ticket", "tickets > usedesk POST /client", "contacts > amocrm GET /contacts",
		"leads > amocrm POST /leads/complex", "notes > amocrm POST /leads/notes"} {
		if !slices.Contains(under, want) {
			t.Errorf("the haul has no %q, it has\n%s", want, strings.Join(under, "\n"))
		}
	}
	if !slices.ContainsFunc(under, func(s string) bool { return strings.HasPrefix(s, "leads > redis ") }) {
		t.Errorf("the haul has no commands of Redis:\n%s", strings.Join(under, "\n"))
	}

	for _, call := range []string{"amocrm POST /oauth2/access_token", "amocrm GET /account"} { // of the login
		if len(named(all, call)) == 0 {
			t.Errorf("there is no span %q", call)
		}
	}

	blocks := slices.DeleteFunc(named(all, "POST /api/"), func(s span) bool { return s.TraceID != trace })
	if len(blocks) != 1 || blocks[0].ParentSpanID != caller {
		t.Fatalf("the block is not of its caller's trace: %+v", named(all, "POST /api/"))
	}
	ofCaller := tree(all, span{TraceID: trace, SpanID: caller}, "")
	if !slices.Contains(ofCaller, "GET /blocks/amocrm/:session/people") ||
		!slices.ContainsFunc(ofCaller, func(s string) bool { return strings.HasSuffix(s, " > amocrm GET /contacts") }) {
		t.Errorf("the caller's trace lacks the panel or what the CRM was asked:\n%s", strings.Join(ofCaller, "\n"))
	}
	if !strings.Contains(w.Processes[0].Out.String(), `"trace_id":"`+trace+`"`) {
		t.Error("no line of the log carries the trace's id")
	}

	known := []string{"http.request.method", "http.route", "http.response.status_code", "peer.service", "url.template",
		"db.system.name", "db.operation.name", "db.operation.batch.size", "sidecard.entries"}
	for _, s := range all {
		if manyDigits.MatchString(s.Name) {
			t.Errorf("the span's name %q may hold an id", s.Name)
		}
		for _, a := range s.Attributes {
			if !slices.Contains(known, a.Key) || manyDigits.MatchString(a.Value.StringValue) {
				t.Errorf("%s has an attribute %s: %q", s.Name, a.Key, a.Value.StringValue)
			}
		}
	}
	secrets["the session"], secrets["the trigger key"] = string(session[1]), key
	secrets["the client's name"], secrets["his e-mail"] = "Client 0", "client0@example.com"
	secrets["his phone"], secrets["his id"] = "79991000000", fmt.Sprintf(`"%d"`, clients[0])
	secrets["amoCRM's host"] = w.Info.Accounts[0].Host
	secrets["the deal"], secrets["the ticket"] = fmt.Sprintf(`"%d"`, o.LeadID), fmt.Sprintf(`"%d"`, tickets[0])
	for _, leak := range rig.Leaks(raw, secrets) {
		t.Errorf("the collector is sent %s", leak)
	}
}
