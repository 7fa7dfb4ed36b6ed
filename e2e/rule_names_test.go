package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// accountNames are the names behind the ids of the published rule.
func (w *suite) accountNames() (pipeline, stage, user, text, choice, option string) {
	w.T.Helper()
	var p struct {
		Name     string `json:"name"`
		Embedded struct {
			Statuses []struct {
				ID   int64  `json:"id"`
				Name string `json:"name"`
			} `json:"statuses"`
		} `json:"_embedded"`
	}
	w.crm("/api/v4/leads/pipelines/6516490", &p)
	for _, s := range p.Embedded.Statuses {
		if s.ID == 55524250 {
			stage = s.Name
		}
	}
	type named struct {
		Name  string `json:"name"`
		Enums []struct {
			ID    int64  `json:"id"`
			Value string `json:"value"`
		} `json:"enums"`
	}
	var u, t, c named
	w.crm("/api/v4/users/9311182", &u)
	w.crm("/api/v4/leads/custom_fields/1025541", &t)
	w.crm("/api/v4/leads/custom_fields/1372537", &c)
	for _, e := range c.Enums {
		if e.ID == 705377 {
			option = e.Value
		}
	}
	return p.Name, stage, u.Name, t.Name, c.Name, option
}

func TestRule_namesAndTemplatesMakeTheDealThatADryRunPromises(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	pipeline, stage, user, text, choice, option := w.accountNames()
	ticket := w.Ticket("known_one_deal")
	rule := w.SeedRule(ticket, map[string]any{"comment": "for {{client.name}}", "tags": []any{"vip", "{{ticket.id}}"}, "fields": map[string]any{
		"name": "Ticket {{ticket.id}}", "pipeline": strings.ToUpper(pipeline), "status": stage, "responsible_user": user,
		"custom_fields": map[string]any{text: "asd", choice: option},
	}})
	before, address := w.Stats(), w.Replicas[0]+"/api/freeCreateLead"
	status, body := w.Post(address+"?dry_run=true", rule)
	var dry struct {
		Valid bool `json:"valid"`
		Would struct {
			Name    string `json:"name"`
			Contact struct {
				ID int64 `json:"id"`
			} `json:"contact"`
			Status struct {
				ID int64 `json:"id"`
			} `json:"status"`
			Fields []struct {
				ID int64 `json:"id"`
			} `json:"fields"`
		} `json:"would"`
	}
	if err := json.Unmarshal(body, &dry); err != nil || status != http.StatusOK || !dry.Valid || len(dry.Would.Fields) != 2 || dry.Would.Status.ID != 55524250 {
		t.Fatalf("dry run: %d %v %s", status, err, body)
	}
	w.created(before, 0, 0, 0)

	o := w.fire(w.Replicas[0], rule, "Prefer", "wait=20")
	var l struct {
		lead
		Responsible int64 `json:"responsible_user_id"`
		Embedded    struct {
			Tags []struct {
				Name string `json:"name"`
			} `json:"tags"`
		} `json:"_embedded"`
	}
	w.crm(fmt.Sprintf("/api/v4/leads/%d", o.LeadID), &l)
	var tags []string
	for _, tag := range l.Embedded.Tags {
		tags = append(tags, tag.Name)
	}
	slices.Sort(tags)
	if want := fmt.Sprintf("Ticket %d", ticket); l.Name != want || dry.Would.Name != want || l.PipelineID != 6516490 || l.StatusID != 55524250 ||
		l.Responsible != 9311182 || len(l.Fields) != 2 || o.ContactID != dry.Would.Contact.ID ||
		!slices.Equal(tags, []string{fmt.Sprint(ticket), "vip"}) {
		t.Errorf("made %+v for contact %d, the dry run said %s", l, o.ContactID, body)
	}

	wrong := maps.Clone(rule)
	wrong["fields"] = map[string]any{"pipeline": pipeline + "x", "status": stage}
	status, body = w.Post(address+"?dry_run=true&lang=ru", wrong)
	if status != http.StatusOK || !strings.Contains(string(body), "возможно, вы имели в виду 6516490") {
		t.Errorf("a wrong name: %d %s", status, body)
	}
}

func TestRule_isTriedOnThePageOfItsTicket(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	ticket := w.Ticket("known_one_deal")
	panel := w.Panel(w.Replicas[0], ticket, nil)
	before := w.Stats()
	page := w.submit(panel+"/rule/check", url.Values{"do": {"check"}, "q": {"none of this name"},
		"rule": {`{"ticketId":"{{ticket_id}}","fields":{"name":"Ticket {{ticket.id}} of {{client.name}}"}}`}})
	if !strings.Contains(page, fmt.Sprintf("Ticket %d of ", ticket)) || !strings.Contains(page, "The rule works.") || !strings.Contains(page, "Nothing found.") {
		t.Errorf("the page says\n%s", page)
	}
	page = w.submit(panel+"/rule/check", url.Values{"do": {"check"}, "rule": {`{"ticketId":1,"fields":{"pipeline":"none","tagz":1}}`}})
	if !strings.Contains(page, "fields.tagz") || !strings.Contains(page, "did you mean &#34;tags&#34;?") {
		t.Errorf("the page says\n%s", page)
	}
	w.created(before, 0, 0, 0)
}
