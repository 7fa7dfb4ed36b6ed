package hooks

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// crowd is many connected tenants, some of whose accounts do not answer.
type crowd struct {
	*house
	ids []string

	mu       sync.Mutex
	hangs    map[string]bool
	release  chan struct{} // lets hanging accounts fail
	asked    map[string]int
	hanging  int
	atOnce   int
	mostOnce int
}

func newCrowd(t *testing.T, n int) *crowd {
	w := &crowd{house: newHouse(t), hangs: map[string]bool{}, asked: map[string]int{}, release: make(chan struct{})}
	w.ids = append(w.ids, w.tenant)
	for i := 1; i < n; i++ {
		w.ids = append(w.ids, w.connect(fmt.Sprintf("https://t%d.amocrm.ru", i), "token"))
	}
	w.s.CheckTime = time.Minute
	w.s.Open = w.open
	w.later(time.Hour)
	if err := w.s.list(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.later(time.Hour) // now everybody's turn has come
	return w
}

func (w *crowd) open(_ context.Context, id string) (Account, error) {
	return Account{CRM: &crowdCRM{fakeCRM: &fakeCRM{hooks: map[string]amocrm.Webhook{}}, w: w, id: id}, Reads: w.reads}, nil
}

// replica is another Service on the same Redis, with accounts of the same crowd.
func (w *crowd) replica() *Service {
	s := NewService(w.s.Deps)
	w.t.Cleanup(func() { s.cancel(); s.active.Wait() })
	return s
}

func (w *crowd) hang(ids ...string) {
	for _, id := range ids {
		w.hangs[id] = true
	}
}

// until polls for what other goroutines bring about.
func (w *crowd) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		done := ok()
		w.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("not within half a minute: %s", what)
		}
	}
}

type crowdCRM struct {
	*fakeCRM
	w  *crowd
	id string
}

func (c *crowdCRM) Webhook(ctx context.Context, destination string) (amocrm.Webhook, error) {
	c.w.mu.Lock()
	c.w.asked[c.id]++
	c.w.atOnce++
	c.w.mostOnce = max(c.w.mostOnce, c.w.atOnce)
	hangs := c.w.hangs[c.id]
	if hangs {
		c.w.hanging++
	}
	c.w.mu.Unlock()
	defer func() {
		c.w.mu.Lock()
		defer c.w.mu.Unlock()
		c.w.atOnce--
		if hangs {
			c.w.hanging--
		}
	}()
	if hangs {
		select {
		case <-ctx.Done():
			return amocrm.Webhook{}, ctx.Err()
		case <-c.w.release:
			return amocrm.Webhook{}, amocrm.ErrUpstream
		}
	}
	return c.fakeCRM.Webhook(ctx, destination)
}

func TestRounds_accountsThatHangHoldNobodyUp(t *testing.T) {
	w := newCrowd(t, 100)
	w.hang(w.ids[:checksAtOnce-1]...)
	swept := make(chan error, 1)
	go func() { swept <- w.s.sweep(t.Context()) }()
	w.until("everybody else is checked", func() bool { return len(w.asked) == len(w.ids) && w.atOnce == w.hanging })
	select {
	case err := <-swept:
		t.Errorf("the round has ended (%v) while checks are under way: the next would overlap it", err)
	default:
	}
	close(w.release)
	if err := <-swept; err != nil {
		t.Error(err)
	}
}

func TestRounds_fewAtOnceHoweverManyAreDue(t *testing.T) {
	w := newCrowd(t, 3*checksAtOnce)
	w.hang(w.ids...)
	swept := make(chan error, 1)
	go func() { swept <- w.s.sweep(t.Context()) }()
	w.until("all places are taken", func() bool { return w.hanging == checksAtOnce })
	close(w.release)
	if err := <-swept; err != nil {
		t.Error(err)
	}
	if w.mostOnce != checksAtOnce || len(w.asked) != len(w.ids) {
		t.Errorf("%d of %d asked, %d at once; want all, %d at once", len(w.asked), len(w.ids), w.mostOnce, checksAtOnce)
	}
}

func TestRounds_whoDoesNotAnswerIsCutOffAndAskedAgainInAnHour(t *testing.T) {
	w := newCrowd(t, 1)
	w.hang(w.tenant)
	w.s.CheckTime = 20 * time.Millisecond
	w.sweep()
	for _, step := range []struct {
		after time.Duration
		asked int
	}{{20 * time.Minute, 1}, {20 * time.Minute, 1}, {40 * time.Minute, 2}} {
		w.later(step.after)
		w.sweep()
		if w.asked[w.tenant] != step.asked {
			t.Fatalf("asked %d times by %s, want %d", w.asked[w.tenant], w.clock(), step.asked)
		}
	}
}

func TestRounds_replicasShareTheWork(t *testing.T) {
	w := newCrowd(t, 100)
	var swept sync.WaitGroup
	for _, s := range []*Service{w.s, w.replica(), w.replica()} {
		swept.Go(func() {
			if err := s.sweep(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	swept.Wait()
	for _, id := range w.ids {
		if w.asked[id] != 1 {
			t.Errorf("%s asked %d times", id, w.asked[id])
		}
	}
}

func TestRounds_replicaThatHangsLeavesTheRestToOthers(t *testing.T) {
	w := newCrowd(t, 3*checksAtOnce)
	w.hang(w.ids...)
	swept := make(chan error, 1)
	go func() { swept <- w.s.sweep(t.Context()) }()
	w.until("the replica hangs", func() bool { return w.hanging == checksAtOnce })
	w.mu.Lock()
	clear(w.hangs) // for whoever is asked from now on
	w.mu.Unlock()
	if err := w.replica().sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	if n := len(w.asked); n < 2*checksAtOnce {
		t.Errorf("only %d of %d asked while one replica hangs", n, len(w.ids))
	}
	w.mu.Unlock()
	close(w.release)
	if err := <-swept; err != nil {
		t.Error(err)
	}
}

func TestRounds_firstTurnsAreSpread(t *testing.T) {
	w := newHouse(t)
	w.s.Tenants = tenMany{}
	if err := w.s.list(t.Context()); err != nil {
		t.Fatal(err)
	}
	turns, err := w.s.DB.ZRangeWithScores(t.Context(), due, 0, -1).Result()
	if err != nil || len(turns) != manyTenants {
		t.Fatalf("%d planned, %v", len(turns), err)
	}
	now := float64(w.clock().Unix())
	if first, last := turns[0].Score, turns[len(turns)-1].Score; first != now || last < now+checkEvery.Seconds()*9/10 {
		t.Errorf("turns from %f to %f, want from now over %s", first-now, last-now, checkEvery)
	}
	perSecond := map[float64]int{}
	for _, z := range turns {
		perSecond[z.Score]++
	}
	for at, n := range perSecond {
		if n > 20 {
			t.Fatalf("%d in second %f", n, at-now)
		}
	}
}

const manyTenants = 10_000

// tenMany lists ten thousand tenants.
type tenMany struct{ Tenants }

func (tenMany) Each(_ context.Context, visit func(string) error) error {
	for i := range manyTenants {
		if err := visit(fmt.Sprintf("tenant%d", i)); err != nil {
			return err
		}
	}
	return nil
}

func TestRounds_listIsMadeByOneReplicaOnceInAWhile(t *testing.T) {
	w := newHouse(t)
	w.sweep()
	late := w.connect("https://late.amocrm.ru", "token")
	planned := func() bool { return slices.Contains(w.s.DB.ZRange(t.Context(), due, 0, -1).Val(), late) }
	if err := w.s.list(t.Context()); err != nil || planned() {
		t.Errorf("listed again at once, %v", err)
	}
	w.redis.FastForward(checkEvery)
	if err := w.s.list(t.Context()); err != nil || !planned() {
		t.Errorf("%v, %s not listed", err, late)
	}
}
