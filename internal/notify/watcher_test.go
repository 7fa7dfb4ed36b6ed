package notify

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/ledger"
)

// Three replicas hear of a thousand failures at once: one message.
func TestWatcher_oneMessagePerOutageOfThreeReplicas(t *testing.T) {
	h := newHouse(t)
	h.jobs.set(1000, 0)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 3 {
		w := h.watcher()
		running.Go(func() { w.Run(ctx) })
		running.Go(func() {
			for range 1000 {
				w.Settled(h.tenant, ledger.StateFailed, "")
			}
		})
	}
	deadline := time.Now().Add(time.Minute)
	for len(h.post.requests()) == 0 && time.Now().Before(deadline) {
		<-time.After(5 * time.Millisecond)
	}
	for range 20 { // whoever comes later has nothing to add
		if err := h.watcher().look(ctx, h.tenant); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	running.Wait()
	if got := h.post.events(); got != "failed 1000/0" {
		t.Errorf("said %q, want one message", got)
	}
}

func TestWatcher_aDoneJobIsNoReasonToLook(t *testing.T) {
	w := newHouse(t).watcher()
	w.Settled("t", ledger.StateDone, "")
	if got := w.take(); len(got) != 0 {
		t.Errorf("looks at %v", got)
	}
	w.Settled("t", ledger.StateHeld, "")
	if got := w.take(); len(got) != 1 {
		t.Errorf("looks at %v, want one tenant", got)
	}
}

// A whole outage on a virtual clock.
func TestWatcher_beginsDigestsAndRecovers(t *testing.T) {
	h := newHouse(t)
	w := h.watcher()
	steps := []struct {
		after        time.Duration
		failed, held int
		want         string // what has been said by then
	}{
		{0, 0, 0, ""},
		{0, 0, 1, "login_lost 0/1"},
		{time.Minute, 0, 900, ""},
		{5*time.Hour + 58*time.Minute, 0, 1000, ""},
		{time.Minute, 0, 1000, "digest 0/1000"},
		{6 * time.Hour, 0, 1000, "digest 0/1000"}, // nothing has changed: from now on twelve hours
		{6 * time.Hour, 0, 1000, ""},
		{6 * time.Hour, 2, 1001, "failed 2/1001"},         // another matter, told at once
		{time.Minute, 2, 0, ""},                           // somebody logs in
		{4 * time.Minute, 2, 1, ""},                       // and is thrown out again: no to and fro
		{time.Minute, 2, 0, ""},                           //
		{5 * time.Minute, 2, 0, "recovered 2/0"},          // the login; two are left in the inbox
		{5 * time.Hour, 2, 0, ""},                         //
		{time.Hour, 2, 0, "digest 2/0"},                   // the same two
		{6 * time.Hour, 3, 0, "digest 3/0"},               // changed
		{time.Minute, 0, 0, ""},                           //
		{5 * time.Minute, 0, 0, "recovered 0/0"},          // the inbox is empty
		{24 * time.Hour, 0, 0, ""},                        //
		{time.Minute, 1, 1, "login_lost 1/1, failed 1/1"}, // both at once
		{time.Minute, 0, 0, ""},                           //
		{5 * time.Minute, 0, 0, "recovered 0/0"},          // and both over: one message
	}
	for i, s := range steps {
		before := len(h.post.messages())
		h.jobs.set(s.failed, s.held)
		h.later(w, s.after)
		h.later(w, 0) // looking twice says nothing twice
		all := strings.Split(h.post.events(), ", ")
		if got := strings.Join(all[min(before, len(all)):], ", "); got != s.want {
			t.Errorf("step %d: said %q, want %q", i, got, s.want)
		}
	}
}

// A deal that was made without some of its values is told like a failure: the first one at once, then in digests.
func TestWatcher_remarksAreToldAtOnceAndThenInDigests(t *testing.T) {
	h := newHouse(t)
	w := h.watcher()
	for i, s := range []struct {
		after time.Duration
		today int
		want  string
	}{
		{0, 0, ""},
		{0, 1, "remarks 0/0"},
		{time.Hour, 5, ""},
		{5 * time.Hour, 7, "digest 0/0"},
		{24 * time.Hour, 0, ""}, // nothing within a day
		{5 * time.Minute, 0, ""},
		{time.Minute, 1, "remarks 0/0"},
	} {
		before := len(h.post.messages())
		h.jobs.remarked(s.today)
		h.later(w, s.after)
		h.later(w, 0)
		all := strings.Split(h.post.events(), ", ")
		if got := strings.Join(all[min(before, len(all)):], ", "); got != s.want {
			t.Errorf("step %d: said %q, want %q", i, got, s.want)
		}
	}
	w.Settled("t", ledger.StateDone, ledger.LabelRemarks)
	if got := w.take(); len(got) != 1 {
		t.Errorf("looks at %v, want one tenant", got)
	}
}

func TestWatcher_unchangedTroubleIsDigestedLessAndLess(t *testing.T) {
	h := newHouse(t)
	w := h.watcher()
	h.jobs.set(4, 0)
	for range 90 * 4 { // 90 days
		h.later(w, 6*time.Hour)
	}
	if n := len(h.post.messages()); n < 12 || n > 20 {
		t.Errorf("%d messages in 90 days about the same four", n)
	}
}

func TestWatcher_wayThatIsDownGetsItLater(t *testing.T) {
	h := newHouse(t)
	w := h.watcher()
	h.choose(h.tenant, Settings{WebhookURL: h.post.URL, WebhookSecret: secret, ChatID: "-100", BotToken: botToken})
	h.post.will(reply{503, ""}, reply{503, ""})
	h.jobs.set(1, 0)
	h.later(w, 0)
	h.later(w, 10*time.Second) // too early
	h.later(w, 20*time.Second)
	h.later(w, time.Minute)
	h.later(w, time.Minute)
	posts := h.post.messages()
	if len(posts) != 3 || posts[0].ID == "" || posts[0].ID != posts[2].ID {
		t.Errorf("%d tries %v, want three of one message", len(posts), posts)
	}
	if n := len(h.bot.requests()); n != 1 {
		t.Errorf("%d messages over the channel that works, want one", n)
	}
}

func TestWatcher_refusalIsFinalAndLogsNoSecret(t *testing.T) {
	h := newHouse(t)
	w := h.watcher()
	h.choose(h.tenant, Settings{ChatID: "-100", BotToken: botToken, WebhookURL: "http://127.0.0.1:1/" + leaked})
	h.bot.will(reply{400, `{"ok":false,"description":"chat not found"}`})
	h.jobs.set(1, 0)
	for range 30 {
		h.later(w, time.Hour)
	}
	if n := len(h.bot.requests()); n > 4 { // the failure once, and digests
		t.Errorf("%d tries after a refusal", n)
	}
	log := h.log.String()
	for _, want := range []string{"chat not found", "given up, not reached for a day"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in the log:\n%s", want, log)
		}
	}
	if strings.Contains(log, leaked) {
		t.Errorf("the log holds a token or an address:\n%s", log)
	}
}

// What was decided and not sent is sent by the next who looks: a crash in between loses nothing.
func TestWatcher_unsentMessageOutlivesItsReplica(t *testing.T) {
	h := newHouse(t)
	h.jobs.set(1, 0)
	w := h.watcher()
	tn, err := h.dir.Get(t.Context(), h.tenant)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.decide(t.Context(), tn, &said{}, counts{Failed: 1}, w.Sender.channels(Of(tn))); err != nil { // and no deliver
		t.Fatal(err)
	}
	h.later(h.watcher(), time.Minute)
	if got := h.post.events(); got != "failed 1/0" {
		t.Errorf("said %q", got)
	}
}

func TestWatcher_nobodyChosenIsToldFromTheBeginningLater(t *testing.T) {
	h := newHouse(t)
	w := h.watcher()
	h.choose(h.tenant, Settings{})
	h.jobs.set(3, 0)
	h.later(w, time.Hour)
	h.choose(h.tenant, Settings{WebhookURL: h.post.URL, WebhookSecret: secret})
	h.later(w, time.Hour)
	if got := h.post.events(); got != "failed 3/0" {
		t.Errorf("said %q", got)
	}
}

func TestWatcher_roundFindsWhatNobodyTold(t *testing.T) {
	h := newHouse(t)
	h.jobs.set(0, 2)
	for range 3 {
		if err := h.watcher().periodic.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.post.events(); got != "login_lost 0/2" {
		t.Errorf("said %q", got)
	}
}

func TestWatcher_keepsItsNotesInTheTenantsSlot(t *testing.T) {
	h := newHouse(t)
	h.jobs.set(1, 0)
	h.later(h.watcher(), 0)
	if key := saidKey(h.tenant); !strings.Contains(key, "{"+h.tenant+"}") || !h.redis.Exists(key) {
		t.Errorf("no %s in Redis", key)
	}
}

// Seven tenants of whom each takes as long as it may, and one that is well.
func TestWatcher_tenantsThatHangHoldNobodyUp(t *testing.T) {
	for name, hear := range map[string]func(w *Watcher, ids []string){
		"in a round": func(*Watcher, []string) {},
		"by hearsay": func(w *Watcher, ids []string) {
			for _, id := range ids {
				w.Changed(id)
			}
			w.Tenants = nobody{w.Tenants}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.jobs.set(1, 0)
			h.jobs.hangs = map[string]chan struct{}{}
			w, hung := h.watcher(), make(chan struct{})
			var ids []string
			for i := range looksAtOnce - 1 {
				id := h.connect(fmt.Sprint("hangs", i))
				h.jobs.hangs[id] = hung
				ids = append(ids, id)
			}
			hear(w, append(ids, h.tenant))
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { w.Run(ctx) })
			deadline := time.Now().Add(30 * time.Second)
			for len(h.post.requests()) == 0 && time.Now().Before(deadline) {
				<-time.After(5 * time.Millisecond)
			}
			if got := h.post.events(); got != "failed 1/0" {
				t.Errorf("said %q while others hang", got)
			}
			close(hung)
			for len(h.post.requests()) < looksAtOnce && time.Now().Before(deadline) {
				<-time.After(5 * time.Millisecond)
			}
			if n := len(h.post.requests()); n != looksAtOnce {
				t.Errorf("%d of %d told in the end", n, looksAtOnce)
			}
			stop()
			running.Wait()
		})
	}
}

// nobody lists no tenants: rounds have nothing to do.
type nobody struct{ Tenants }

func (nobody) Each(context.Context, func(string) error) error { return nil }
