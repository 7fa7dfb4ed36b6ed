package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// A firing with a valid key is stored and visible, whatever is wrong with it: 2,000 with random mistakes, each of which ends as
// done, done with remarks, or failed with the path of its mistake, and none of which becomes two deals. They go to four
// companies, as amoCRM takes seven requests a second from one.
func TestPromise_noFiringVanishesWhateverIsWrongWithIt(t *testing.T) {
	t.Parallel()
	for company := range 4 {
		t.Run(fmt.Sprint("company ", company), func(t *testing.T) {
			t.Parallel()
			noFiringVanishes(t)
		})
	}
}

func noFiringVanishes(t *testing.T) {
	const firings, tickets, clients, senders = 500, 30, 5, 4
	w := connect(t, 1)
	base := w.Replicas[0]
	_, settings := w.Get(http.DefaultClient, w.Panel(base, w.Ticket("known_one_deal"), nil)+"/rule?wait=1")
	key := triggerKeyIn(t, settings)
	made, _ := w.FillFor(tickets, clients)
	before := w.Stats()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)

	var mu sync.Mutex
	sent := map[string]string{} // by id of the entry
	var group sync.WaitGroup
	for s := range senders {
		group.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(s)))
			for i := s; i < firings; i += senders {
				kind, body := broken(r, made[i%len(made)], i)
				id := w.entryOf(base+"/api/freeCreateLead?key="+key, kind, body)
				mu.Lock()
				if other, twice := sent[id]; twice {
					t.Errorf("two firings are entry %s:\n%s\n%s", id, other, body)
				}
				sent[id] = body
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(sent) != firings {
		t.Fatalf("%d entries of %d firings", len(sent), firings)
	}

	fates, deals := map[string]int{}, map[int64]string{}
	for id, body := range sent {
		var e outcome
		rig.Eventually(t, 5*time.Minute, "the end of "+id, func() bool {
			e = outcome{}
			w.GetJSON(base+"/api/triggers/"+id+"?key="+key, &e)
			return e.State == "done" || e.State == "failed"
		})
		switch {
		case e.State == "failed" && (len(e.Errors) == 0 || e.Errors[0].Path == "" || e.Why == ""):
			t.Errorf("it has failed without a path: %+v\n%.500s", e, body)
		case e.State == "failed":
			fates["failed"]++
			continue
		case len(e.Remarks) > 0:
			fates["done with remarks"]++
		default:
			fates["done"]++
		}
		if other, twice := deals[e.LeadID]; twice || e.LeadID == 0 {
			t.Errorf("deal %d is of two firings:\n%s\n%s", e.LeadID, other, body)
		}
		deals[e.LeadID] = body
	}
	t.Logf("%v", fates)
	if n := w.Stats().Leads - before.Leads; n != len(deals) {
		t.Errorf("%d deals were made for %d firings that are done", n, len(deals))
	}
	for _, fate := range []string{"failed", "done with remarks", "done"} {
		if fates[fate] < firings/50 {
			t.Errorf("too few are %s to mean anything: %v", fate, fates)
		}
	}
}

// entryOf posts a body and returns the id of its entry, which every answer but a 5xx has.
func (w *suite) entryOf(url, kind, body string) string {
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		w.T.Error(err)
		return ""
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.T.Errorf("%v\n%.500s", err, body)
		return ""
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	var o outcome
	if err := json.Unmarshal(answer, &o); err != nil || o.ID == "" || o.StatusURL == "" || res.Header.Get("Location") == "" {
		w.T.Errorf("%d %s\n%.500s", res.StatusCode, answer, body)
	}
	return o.ID
}

// broken is the seed's rule with up to three mistakes; n makes it the only one of its kind.
func broken(r *rand.Rand, ticket int64, n int) (kind, body string) {
	field := func(id int, value any) map[string]any {
		return map[string]any{"field_id": id, "values": []any{value}}
	}
	fields := map[string]any{"name": fmt.Sprint("Deal ", n), "price": 1, "status_id": 55524250, "pipeline_id": 6516490,
		"custom_fields_values": []any{field(1025541, map[string]any{"value": "asd"}), field(1372537, map[string]any{"enum_id": 705377})}}
	rule := map[string]any{"ticketId": ticket, "fields": fields, "comment": fmt.Sprint("comment ", n)}
	one := func(of ...any) any { return of[r.IntN(len(of))] }
	odd := func() any {
		return one("", " ", "about 500", "2 x 500", "1 500,50 ₽", -5, 0, 1.5, 1e20, true, nil, []any{}, []any{1, "a"}, map[string]any{"a": 1},
			"\x00\u202e\ufeff", "{{client.nmae}}", "{{ticket.subject}}", "[[client.name]]", "31.02.2026", strings.Repeat("ж", 300),
			strings.Repeat("long ", 5000), `<p>Hello</p>&amp;`, "😀 \\ud800", "=1+1")
	}
	values := []func(){
		func() {
			fields[one("name", "price", "status_id", "pipeline_id", "responsible_user_id", "status", "pipeline", "responsible_user").(string)] = odd()
		},
		func() { rule[one("comment", "company", "tags", "task").(string)] = odd() },
		func() { fields["status_id"] = 999 },
		func() { fields["pipeline"], fields["pipeline_id"] = "No such pipeline", nil },
		func() { fields["responsible_user_id"] = 424242 },
		func() { fields["responsible_user"] = "Nobody" },
		func() {
			fields["custom_fields_values"] = append(fields["custom_fields_values"].([]any), field(999, map[string]any{"value": "gone"}))
		},
		func() { fields["custom_fields_values"] = []any{field(1372539, map[string]any{"enum_id": 999}), odd()} },
		func() {
			fields["custom_fields_values"] = []any{field(1025541, odd()), field(1025541, map[string]any{"value": odd()})}
		},
		func() {
			fields["custom_fields"] = map[string]any{"Wishes": odd(), "No such field": odd(), "1372537": odd()}
		},
		func() { rule["task"] = map[string]any{"text": odd(), "due_in": odd()} },
		func() { rule["use_mapping"] = true },
		func() { rule["tags"] = []any{odd(), "a", odd()} },
	}
	structure := []func(){
		func() { fields["nmae"] = "x" },
		func() {
			fields["custom_fields_values"] = []any{map[string]any{"field": 1025541, "values": []any{odd()}}}
		},
		func() { rule["fields"] = one("x", nil, 5) },
		func() { rule["ticketId"] = one("", "{{ticket_id}}", "abc", -1, nil, 0) },
		func() { rule["if_open_deal"] = "merge" },
		func() { rule["strict"] = true; fields["price"] = "much" },
		func() { rule["tags"], fields["tags"] = []any{"a"}, []any{"b"} },
	}
	for range r.IntN(3) {
		values[r.IntN(len(values))]()
	}
	if r.IntN(6) == 0 {
		structure[r.IntN(len(structure))]()
	}
	raw, err := json.Marshal(rule)
	if err != nil {
		panic(err) // of what stands above
	}
	kind = "application/json"
	if r.IntN(6) > 0 {
		return kind, string(raw)
	}
	switch r.IntN(9) {
	case 0:
		raw = raw[:len(raw)/2+r.IntN(len(raw)/2)]
	case 1:
		raw = bytes.Replace(raw, []byte("Deal "), []byte(`Deal "of" `), 1)
	case 2:
		raw = bytes.Replace(raw, []byte("comment "), []byte("comment\n\t"), 1)
	case 3:
		raw = bytes.Replace(raw, []byte("comment "), []byte("\xea\xee\xec\xec "), 1)
	case 4:
		kind = one("image/png", "text/plain", "text/json; charset=utf-8; charset=utf-8", "").(string)
	case 5:
		raw = append([]byte("\xef\xbb\xbf// a rule\n"), append(raw, ";"...)...)
	case 6:
		raw[r.IntN(len(raw))] = byte(r.IntN(256))
	case 7:
		kind, raw = "application/x-www-form-urlencoded", fmt.Appendf(nil, "ticketId=%d&fields[name]=%d&fields[price]=%v&fields[x", ticket, n, odd())
	case 8:
		raw = append(raw, bytes.Repeat([]byte(" "), 1<<20)...)
	}
	return kind, string(raw)
}
