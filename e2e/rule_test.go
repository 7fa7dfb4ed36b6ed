package e2e

import (
	"encoding/json"
	"fmt"
	"github.com/sidecard/sidecard/e2e/rig"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// lead is what the local amoCRM holds of a lead.
type lead struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Price      int64  `json:"price"`
	StatusID   int64  `json:"status_id"`
	PipelineID int64  `json:"pipeline_id"`
	Fields     []struct {
		FieldID int64 `json:"field_id"`
		Values  []struct {
			Value  any   `json:"value"`
			EnumID int64 `json:"enum_id"`
		} `json:"values"`
	} `json:"custom_fields_values"`
	Embedded struct {
		Contacts []struct {
			ID int64 `json:"id"`
		} `json:"contacts"`
	} `json:"_embedded"`
}

// grant is an access token for one of the local amoCRM's accounts.
func (w *suite) grant(account int) string {
	w.T.Helper()
	_, body := w.Post(w.Amo+"/_sandbox/grant", map[string]any{"account": w.Info.Accounts[account].ID})
	var grant struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &grant); err != nil || grant.Access == "" {
		w.T.Fatalf("grant: %v %s", err, body)
	}
	return grant.Access
}

// crmAdd writes into the local amoCRM as crm reads. Both share the account's limit with the service, so they ask again.
func (w *suite) crmAdd(path string, list []map[string]any) {
	w.T.Helper()
	token := w.grant(0)
	rig.Eventually(w.T, limit, "added to "+path, func() bool {
		status, body := w.Post(w.Info.Accounts[0].BaseURL+path, list, "Authorization", "Bearer "+token)
		if status != http.StatusOK && status != http.StatusTooManyRequests {
			w.T.Fatalf("POST %s: %d %s", path, status, body)
		}
		return status == http.StatusOK
	})
}

// crm reads the local amoCRM with a grant of its own, past the service.
func (w *suite) crm(path string, into any) int {
	w.T.Helper()
	token := w.grant(0)
	for {
		req, _ := http.NewRequest(http.MethodGet, w.Info.Accounts[0].BaseURL+path, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			w.T.Fatal(err)
		}
		if res.StatusCode == http.StatusTooManyRequests {
			res.Body.Close()
			<-time.After(300 * time.Millisecond)
			continue
		}
		if res.StatusCode == http.StatusOK {
			if err := json.NewDecoder(res.Body).Decode(into); err != nil {
				w.T.Fatalf("GET %s: %v", path, err)
			}
		}
		res.Body.Close()
		return res.StatusCode
	}
}

type outcome struct {
	ID        string                         `json:"id"`
	State     string                         `json:"state"`
	Why       string                         `json:"why"`
	LeadID    int64                          `json:"lead_id"`
	ContactID int64                          `json:"contact_id"`
	NoteID    int64                          `json:"note_id"`
	LeadURL   string                         `json:"lead_url"`
	StatusURL string                         `json:"status_url"`
	Errors    []struct{ Path string }        `json:"errors"`
	Remarks   []struct{ Path, Given string } `json:"remarks"`
}

// fire posts a rule and wants a 202 or, with wait, the outcome.
func (w *suite) fire(base string, rule any, headers ...string) outcome {
	w.T.Helper()
	status, body := w.Post(base+"/api/freeCreateLead", rule, headers...)
	var o outcome
	if err := json.Unmarshal(body, &o); err != nil || (status != http.StatusAccepted && status != http.StatusOK) || o.ID == "" {
		w.T.Fatalf("rule: %d %v %s", status, err, body)
	}
	return o
}

// finished waits until a firing is done.
func (w *suite) finished(base, id string) outcome {
	w.T.Helper()
	var o outcome
	rig.Eventually(w.T, 2*limit, "firing "+id+" is done", func() bool {
		w.GetJSON(base+"/api/triggers/"+id+"?amoClientId="+w.Info.Integrations[0].ID, &o)
		if o.State == "failed" {
			w.T.Fatalf("firing %s failed: %s", id, o.Why)
		}
		return o.State == "done"
	})
	return o
}

func TestRule_seedVerbatimMakesOneLeadWithContactAndNote(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	before := w.Stats()
	o := w.fire(w.Replicas[0], w.SeedRule(w.Ticket("unknown_client"), nil), "Prefer", "wait=20")
	if o.LeadID == 0 || o.ContactID == 0 || o.NoteID == 0 || !strings.HasSuffix(o.LeadURL, fmt.Sprintf("/leads/detail/%d", o.LeadID)) {
		t.Fatalf("answer %+v, want lead, contact, note and the lead's address", o)
	}
	var l lead
	w.crm(fmt.Sprintf("/api/v4/leads/%d?with=contacts", o.LeadID), &l)
	if l.Name != "gg" || l.Price != 1 || l.StatusID != 55524250 || l.PipelineID != 6516490 || len(l.Fields) != 3 {
		t.Errorf("lead %+v differs from the rule", l)
	}
	if len(l.Embedded.Contacts) != 1 || l.Embedded.Contacts[0].ID != o.ContactID {
		t.Errorf("lead's contacts %+v, want %d", l.Embedded.Contacts, o.ContactID)
	}
	var note struct {
		Params struct {
			Text string `json:"text"`
		} `json:"params"`
	}
	w.crm(fmt.Sprintf("/api/v4/leads/%d/notes/%d", o.LeadID, o.NoteID), &note)
	var again outcome
	w.GetJSON(o.StatusURL, &again)
	if again.State != "done" || again.LeadID != o.LeadID {
		t.Errorf("status_url %s answers %+v, want the same deal", o.StatusURL, again)
	}
	if note.Params.Text != "4444" {
		t.Errorf("note %q, want the rule's comment", note.Params.Text)
	}
	w.created(before, 1, 1, 1)
}

// created compares what was made since a moment.
func (w *suite) created(before rig.Stats, leads, contacts, notes int) {
	w.T.Helper()
	now := w.Stats()
	if l, c, n := now.Leads-before.Leads, now.Contacts-before.Contacts, now.Notes-before.Notes; l != leads || c != contacts || n != notes {
		w.T.Errorf("made %d leads, %d contacts, %d notes; want %d, %d, %d", l, c, n, leads, contacts, notes)
	}
}

func TestRule_formEncodedAndWrappedAreTheSameRule(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	before := w.Stats()
	ticket := w.Ticket("known_one_deal")
	form := url.Values{
		"amoClientId": {w.Info.Integrations[0].ID}, "ticketId": {fmt.Sprint(ticket)}, "comment": {"4444"},
		"fields[name]": {"gg"}, "fields[price]": {"1"}, "fields[status_id]": {"55524250"}, "fields[pipeline_id]": {"6516490"},
		"fields[responsible_user_id]":                         {"9311182"},
		"fields[custom_fields_values][0][field_id]":           {"1025541"},
		"fields[custom_fields_values][0][values][0][value]":   {"asd"},
		"fields[custom_fields_values][1][field_id]":           {"1372537"},
		"fields[custom_fields_values][1][values][0][enum_id]": {"705377"},
		"fields[custom_fields_values][2][field_id]":           {"1372539"},
		"fields[custom_fields_values][2][values][0][enum_id]": {"705381"},
		"fields[custom_fields_values][2][values][1][enum_id]": {"705385"},
	}
	status, body := w.Post(w.Replicas[0]+"/api/freeCreateLead", []byte(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
	var first outcome
	if err := json.Unmarshal(body, &first); err != nil || status != http.StatusAccepted {
		t.Fatalf("form: %d %v %s", status, err, body)
	}
	second := w.fire(w.Replicas[0], w.SeedRule(ticket, nil))
	third := w.fire(w.Replicas[0], map[string]any{"url": "https://sidecard.example.com/api/freeCreateLead", "data": w.SeedRule(ticket, nil), "headers": []any{}})
	if first.ID != second.ID || second.ID != third.ID {
		t.Errorf("three spellings of one rule got ids %s, %s, %s", first.ID, second.ID, third.ID)
	}
	w.finished(w.Replicas[0], first.ID)
	w.created(before, 1, 0, 1)
}

func TestPromise_neverTwoLeadsWhenTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	before := w.Stats()
	w.Fault(map[string]any{"drop_after_commit": true, "routes": "/api/v4/leads/complex", "times": 1})
	o := w.fire(w.Replicas[0], w.SeedRule(w.Ticket("unknown_client"), nil))
	w.finished(w.Replicas[0], o.ID)
	w.created(before, 1, 1, 1)
}

func TestPromise_neverTwoNotesWhenTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	before := w.Stats()
	w.Fault(map[string]any{"drop_after_commit": true, "routes": "/api/v4/leads/notes", "times": 1})
	o := w.fire(w.Replicas[0], w.SeedRule(w.Ticket("known_one_deal"), nil))
	w.finished(w.Replicas[0], o.ID)
	w.created(before, 1, 0, 1)
}

// The replica that answered 202 dies and stays dead: one of the others makes the lead.
func TestPromise_202MeansStoredEvenWhenKilledRightAfter(t *testing.T) {
	t.Parallel()
	w := connect(t, 3)
	before := w.Stats()
	w.Fault(map[string]any{"latency_ms": 400})
	o := w.fire(w.Replicas[1], w.SeedRule(w.Ticket("unknown_client"), nil))
	w.Processes[1].Kill()
	w.finished(w.Replicas[2], o.ID)
	w.created(before, 1, 1, 1)
}

func TestPromise_deadGrantLosesNothingAndKeepsTheOrderOfATicket(t *testing.T) {
	t.Parallel()
	w := connect(t, 3)
	before := w.Stats()
	if status, body := w.Post(w.Amo+"/_sandbox/revoke", map[string]any{}); status >= 300 {
		t.Fatalf("revoke: %d %s", status, body)
	}
	var ids []string
	for i := range 20 {
		ids = append(ids, w.fire(w.Replicas[i%3], w.SeedRule(w.Ticket("known_one_deal"), map[string]any{"comment": fmt.Sprintf("held %02d", i)})).ID)
	}
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	rig.Eventually(t, limit, "the first is held and the card counts twenty that wait", func() bool {
		var o outcome
		w.GetJSON(w.Replicas[0]+"/api/triggers/"+ids[0]+"?amoClientId="+w.Info.Integrations[0].ID, &o)
		_, page := w.Get(http.DefaultClient, panel)
		return o.State == "held" && strings.Contains(page, "20 deals")
	})
	w.created(before, 0, 0, 0)
	w.Login(w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil))
	last := int64(0)
	for i, id := range ids {
		o := w.finished(w.Replicas[(i+1)%3], id)
		if o.LeadID <= last {
			t.Errorf("firing %s became lead %d after lead %d: not in the order of the ticket", id, o.LeadID, last)
		}
		last = o.LeadID
	}
	w.created(before, 20, 0, 20)
}

// Under the load of three replicas amoCRM's limit holds, a token that expires in the middle of it is refreshed once, and a
// panel that one replica has opened is shown by the next.
func TestPromise_neverMoreThanSevenRequestsASecondAndAccount(t *testing.T) {
	t.Parallel()
	w := connect(t, 3)
	tickets := []int64{}
	for _, id := range w.Info.Tickets {
		tickets = append(tickets, id)
	}
	var wg sync.WaitGroup
	gate := make(chan struct{}, 16)
	for i := range 150 {
		if i == 50 { // all of them find out at once
			w.Post(w.Amo+"/_sandbox/expire", map[string]any{})
		}
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			panel := w.Panel(w.Replicas[i%3], tickets[i%len(tickets)], nil)
			status, page := w.Get(http.DefaultClient, strings.Replace(panel, w.Replicas[0], w.Replicas[(i+1)%3], 1))
			if status != http.StatusOK || strings.Contains(page, `data-view="expired"`) || strings.Contains(page, `data-view="login"`) {
				t.Errorf("a panel that another replica opened: %d\n%s", status, page)
			}
		})
	}
	ids := make([]string, 50)
	filled, _ := w.Fill(5)
	for i := range ids {
		ids[i] = w.fire(w.Replicas[i%3], w.SeedRule(filled[i%len(filled)], map[string]any{"comment": fmt.Sprint("load ", i)})).ID
	}
	wg.Wait()
	for _, id := range ids {
		w.finished(w.Replicas[0], id)
	}
	s := w.Stats()
	if s.Max > 7 || s.Limited > 0 {
		t.Errorf("%d requests in one sliding second and %d answers of 429, want at most 7 and none", s.Max, s.Limited)
	}
	if s.Refresh != 1 || s.Reused != 0 {
		t.Errorf("%d refreshes after one expiry and %d refresh tokens used twice, want one and none", s.Refresh, s.Reused)
	}
	if s.Leads != 50 {
		t.Errorf("%d leads for 50 firings", s.Leads)
	}
}
