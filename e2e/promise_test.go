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

// insist sends a rule until it is accepted, as a caller does who got no answer, and returns the firing's id.
func (w *suite) insist(base func() string, rule map[string]any, stop <-chan struct{}) string {
	raw, err := json.Marshal(rule)
	if err != nil {
		w.T.Error(err)
		return ""
	}
	client := &http.Client{Timeout: 10 * time.Second}
	for {
		res, err := client.Post(base()+"/api/freeCreateLead", "application/json", bytes.NewReader(raw))
		if err == nil {
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			switch {
			case res.StatusCode == http.StatusAccepted:
				var o outcome
				if err := json.Unmarshal(body, &o); err != nil || o.ID == "" {
					w.T.Errorf("rule: %v %s", err, body)
				}
				return o.ID
			case res.StatusCode < 500:
				w.T.Errorf("rule: %d %s", res.StatusCode, body)
				return ""
			}
		}
		select {
		case <-stop:
			w.T.Error("a firing was never accepted")
			return ""
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// settles waits until as many leads and notes exist as firings were sent, and until nothing is under way any more.
func (w *suite) settles(limit time.Duration, leads, contacts, notes int) {
	w.T.Helper()
	var s rig.Stats
	rig.Eventually(w.T, limit, fmt.Sprintf("%d leads and notes", leads), func() bool {
		s = w.Stats()
		if s.Leads > leads || s.Notes > notes {
			w.T.Fatalf("%d leads, %d notes; want %d and %d", s.Leads, s.Notes, leads, notes)
		}
		return s.Leads == leads && s.Notes == notes
	})
	<-time.After(3 * time.Second) // whatever would come twice comes now
	if s = w.Stats(); s.Leads != leads || s.Notes != notes || s.Contacts != contacts {
		w.T.Errorf("%d leads, %d notes, %d contacts; want %d, %d, %d", s.Leads, s.Notes, s.Contacts, leads, notes, contacts)
	}
	if s.Max > 7 || s.Limited > 0 || s.Reused > 0 {
		w.T.Errorf("%d requests in a sliding second, %d answers of 429, %d refresh tokens used twice", s.Max, s.Limited, s.Reused)
	}
}

// 202 means stored, and one firing is one lead: three replicas are killed at 30 moments under load, each ten times, and
// Redis at three moments, once together with all of them.
func TestPromise_storedAndNeverTwoLeadsWhenKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	const kills, redisKills, tickets, each = 30, 3, 40, 5
	w := connect(t, 3)
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	made, _ := w.Fill(tickets)
	stop := make(chan struct{})
	defer time.AfterFunc(4*time.Minute, func() { close(stop) }).Stop()
	var senders sync.WaitGroup
	slots := make(chan struct{}, 8)
	pace := make(chan struct{}) // a firing between two deaths here and there, so that all of them meet load
	for i := range tickets * each {
		senders.Go(func() {
			<-pace
			slots <- struct{}{}
			defer func() { <-slots }()
			w.insist(func() string { return w.Replicas[rand.IntN(3)] },
				w.SeedRule(made[i%tickets], map[string]any{"comment": fmt.Sprint("firing ", i)}), stop)
		})
	}
	for kill := range kills {
		for range tickets * each / kills {
			pace <- struct{}{}
		}
		<-time.After(time.Duration(rand.IntN(400)) * time.Millisecond)
		if kill%(kills/redisKills) == 4 {
			w.RedisProcess.Kill()
			<-time.After(time.Duration(rand.IntN(500)) * time.Millisecond)
			_, w.RedisProcess = rig.StartRedisAt(t, w.RedisDir, strings.TrimSuffix(strings.TrimPrefix(w.Redis, "redis://"), "/0"))
		}
		victims := []int{kill % 3}
		if kill == 14 {
			victims = []int{0, 1, 2}
		}
		for _, v := range victims {
			w.Processes[v].Kill()
		}
		<-time.After(time.Duration(rand.IntN(200)) * time.Millisecond)
		for _, v := range victims {
			w.Processes[v] = w.Serve(w.Replicas[v])
		}
	}
	close(pace)
	senders.Wait()
	w.settles(4*time.Minute, tickets*each, tickets, tickets*each)
	if page := w.ask("the panel that was open", "GET", panel+"/people?wait=1", nil, false); !strings.Contains(page, "/contacts/detail/") {
		t.Errorf("a reload does not mend an open panel:\n%s", page)
	}
}

// One firing sent fifty times in parallel to three replicas is one lead, two hundred times over.
func TestPromise_neverTwoLeadsForOneFiringSentFiftyTimesToThreeReplicas(t *testing.T) {
	t.Parallel()
	const firings, copies, tickets = 200, 50, 20
	w := connect(t, 3)
	made, _ := w.Fill(tickets)
	slots := make(chan struct{}, 60)
	stop := make(chan struct{})
	defer time.AfterFunc(4*time.Minute, func() { close(stop) }).Stop()
	var senders sync.WaitGroup
	var ids [firings]sync.Map
	for i := range firings {
		rule := w.SeedRule(made[i%tickets], map[string]any{"comment": fmt.Sprint("firing ", i)})
		for c := range copies {
			slots <- struct{}{}
			senders.Go(func() {
				defer func() { <-slots }()
				ids[i].Store(w.insist(func() string { return w.Replicas[c%3] }, rule, stop), true)
			})
		}
	}
	senders.Wait()
	for i := range ids {
		several := 0
		ids[i].Range(func(any, any) bool { several++; return true })
		if several != 1 {
			t.Errorf("firing %d got %d ids", i, several)
		}
	}
	w.settles(4*time.Minute, firings, tickets, firings)
}
