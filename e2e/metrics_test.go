package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

var (
	metricName = regexp.MustCompile(`\b(?:sidecard|process|go)_[a-z0-9_]+`)
	shownName  = regexp.MustCompile(`(?m)^([a-z_0-9]+)[{ ]`)
)

// dashboardNames are the metrics that the dashboard asks for.
func dashboardNames(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("../deploy/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			found := metricName.FindAllString(q.Expr, -1)
			if len(found) == 0 {
				t.Errorf("panel %q asks for no metric: %s", p.Title, q.Expr)
			}
			names = append(names, found...)
		}
	}
	return names
}

func TestMetrics_aRunningServiceShowsWhatTheDashboardAsksFor(t *testing.T) {
	t.Parallel()
	inside, profiles := rig.FreeAddr(t), rig.FreeAddr(t)
	w := connect(t, 1, "SIDECARD_METRICS_ADDR="+inside, "SIDECARD_PPROF_ADDR="+profiles)
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	w.Get(http.DefaultClient, panel+"/people?wait=1")
	rule := w.SeedRule(w.Ticket("known_one_deal"), nil)
	w.fire(w.Replicas[0], rule, "Prefer", "wait=20")
	w.fire(w.Replicas[0], rule)
	w.Post(w.Replicas[0]+"/api/freeCreateLead", map[string]any{"ticketId": 1})
	if status, _ := w.Get(http.DefaultClient, w.Replicas[0]+"/metrics"); status != http.StatusNotFound {
		t.Errorf("/metrics is public: %d", status)
	}
	if status, _ := w.Get(http.DefaultClient, "http://"+profiles+"/debug/pprof/"); status != http.StatusOK {
		t.Errorf("no profiles: %d", status)
	}

	status, page := w.Get(http.DefaultClient, "http://"+inside+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, page)
	}
	shown := map[string]bool{}
	for _, m := range shownName.FindAllStringSubmatch(page, -1) {
		shown[m[1]] = true
	}
	for _, name := range dashboardNames(t) {
		if !shown[name] {
			t.Errorf("the dashboard asks for %s, which nobody shows", name)
		}
	}
	handbook, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range metricName.FindAllString(string(handbook), -1) {
		if !strings.HasSuffix(name, "_") && !shown[name] && !shown[name+"_count"] { // a histogram goes by its base name
			t.Errorf("docs/operations.md tells of %s, which nobody shows", name)
		}
	}
	for _, want := range []string{
		`sidecard_firings_asked_total{fate="accepted"} 1`, `sidecard_firings_asked_total{fate="repeated"} 1`,
		`sidecard_firings_asked_total{fate="refused"} 1`, `sidecard_firings_settled_total{state="done"} 1`,
		`sidecard_firings{state="failed"} 0`, `sidecard_crm_call_seconds_count{endpoint="GET /contacts",outcome="200"}`,
		`sidecard_http_request_seconds_count{method="POST",route="/api/",status="200"}`, `sidecard_redis_command_seconds_count{`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("not shown: %s", want)
		}
	}
	session := panel[strings.LastIndex(panel, "/")+1:]
	for _, secret := range []string{session, w.Info.UsedeskToken, strings.TrimPrefix(w.Info.Accounts[0].BaseURL, "http://")} {
		if strings.Contains(page, secret) {
			t.Errorf("the metrics hold %s", secret)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}
