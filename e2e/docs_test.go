package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

var example = regexp.MustCompile("(?s)```json (rule|dry-run|remark ?|refused ?)([^\n]*)\n(.*?)```")

// What docs/rules.md shows is sent as it stands, after what helpdesk and author fill in, and has to do what it says.
func TestDocs_everyRuleOnThePageDoesWhatItSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := example.FindAllStringSubmatch(string(page), -1)
	if len(examples) < 10 || len(examples) != strings.Count(string(page), "```json ") {
		t.Fatalf("%d examples are understood, %d are on the page", len(examples), strings.Count(string(page), "```json "))
	}
	w := connect(t, 1)
	_, settings := w.Get(http.DefaultClient, w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)+"/rule?wait=1")
	key := triggerKey.FindString(settings)
	if key == "" {
		t.Fatalf("the rule page holds no trigger key:\n%s", settings)
	}
	tickets, _ := w.Fill(len(examples))
	for i, x := range examples {
		kind, path, body := strings.TrimSpace(x[1]), strings.TrimSpace(x[2]), x[3]
		body = strings.NewReplacer("{{ticket_id}}", fmt.Sprint(tickets[i]), "YOUR_TRIGGER_KEY", key).Replace(body)
		url, before := w.Replicas[0]+"/api/freeCreateLead", w.Stats().Leads
		switch kind {
		case "rule":
			status, answer := w.Post(url, []byte(body), "Prefer", "wait=25")
			var o outcome
			if err := json.Unmarshal(answer, &o); err != nil || status != http.StatusOK || o.State != "done" || o.LeadID == 0 || len(o.Remarks) > 0 {
				t.Errorf("%d %s\n%s", status, answer, body)
			}
		case "remark":
			for _, query := range []string{"?dry_run=true", ""} {
				status, answer := w.Post(url+query, []byte(body), "Prefer", "wait=25")
				var o outcome
				if err := json.Unmarshal(answer, &o); err != nil || status != http.StatusOK || len(o.Remarks) != 1 || o.Remarks[0].Path != path ||
					query == "" && (o.State != "done" || o.LeadID == 0) {
					t.Errorf("%s%s: %d %s\n%s", path, query, status, answer, body)
				}
			}
		case "dry-run":
			if status, answer := w.Post(url+"?dry_run=true", []byte(body)); status != http.StatusOK || w.Stats().Leads != before {
				t.Errorf("%d %s\n%s", status, answer, body)
			}
		case "refused":
			for _, query := range []string{"", "?dry_run=true"} {
				status, answer := w.Post(url+query, []byte(body))
				if status != http.StatusUnprocessableEntity || !strings.Contains(string(answer), fmt.Sprintf(`"path":%q`, path)) {
					t.Errorf("%s%s: %d %s\n%s", path, query, status, answer, body)
				}
				var o outcome
				if err := json.Unmarshal(answer, &o); err != nil || (o.ID != "" && o.State == "failed") != (query == "") {
					t.Errorf("%s%s is stored as %+v: %v", path, query, o, err)
				}
			}
		}
	}
}
