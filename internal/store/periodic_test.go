package store

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// crowd is the members of rounds, some of whom hang when they are visited.
type crowd struct {
	t   *testing.T
	db  *DB
	ids []string

	mu      sync.Mutex
	now     time.Time
	hangs   bool // from now on
	visited map[string]int
	atOnce  int
	most    int
	release chan struct{} // ends the visits that hang
}

const crowdAtOnce = 4

func newCrowd(t *testing.T, db *DB, n int) *crowd {
	c := &crowd{t: t, db: db, visited: map[string]int{}, release: make(chan struct{}), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	for i := range n {
		c.ids = append(c.ids, fmt.Sprintf("member%d", i))
	}
	return c
}

// replica is one of those who share the rounds.
func (c *crowd) replica() *Periodic {
	return &Periodic{DB: c.db, Name: "crowd", Every: 10 * time.Minute, Rest: time.Millisecond, AtOnce: crowdAtOnce, Now: c.clock,
		Each: c.each, Visit: c.visit, Log: slog.New(slog.DiscardHandler)}
}

func (c *crowd) each(_ context.Context, visit func(string) error) error {
	for _, id := range c.ids {
		if err := visit(id); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) visit(ctx context.Context, id string) {
	c.mu.Lock()
	c.visited[id]++
	c.atOnce++
	c.most = max(c.most, c.atOnce)
	hangs := c.hangs
	c.mu.Unlock()
	if hangs {
		select {
		case <-c.release:
		case <-ctx.Done():
		}
	}
	c.mu.Lock()
	c.atOnce--
	c.mu.Unlock()
}

func (c *crowd) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *crowd) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// due makes everybody due.
func (c *crowd) due() {
	c.t.Helper()
	if err := c.replica().list(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.change(func() { c.now = c.now.Add(time.Hour) })
}

// until polls for what other goroutines bring about.
func (c *crowd) until(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; <-time.After(time.Millisecond) {
		c.mu.Lock()
		done := ok()
		c.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("not within half a minute: %s", what)
		}
	}
}

// once starts a round; end waits for it.
func (c *crowd) once() (ended <-chan error) {
	out := make(chan error, 1)
	go func() { out <- c.replica().Once(c.t.Context()) }()
	return out
}

func inProcess(t *testing.T) *DB {
	ring, _ := NewRing()
	return openURL(t, "redis://"+miniredis.RunT(t).Addr(), ring)
}

func TestPeriodic_replicasShareTheWork(t *testing.T) {
	conform(t, 3, func(t *testing.T, dbs []*DB) {
		c := newCrowd(t, dbs[0], 50)
		c.due()
		var all sync.WaitGroup
		for _, db := range dbs {
			r := c.replica()
			r.DB = db
			all.Go(func() {
				if err := r.Once(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, id := range c.ids {
			if c.visited[id] != 1 {
				t.Errorf("%s visited %d times", id, c.visited[id])
			}
		}
	})
}

func TestPeriodic_fewAtOnceAndNoneLeftWhenTheRoundEnds(t *testing.T) {
	c := newCrowd(t, inProcess(t), 5*crowdAtOnce)
	c.due()
	c.hangs = true
	ended := c.once()
	c.until("all places are taken", func() bool { return c.atOnce == crowdAtOnce })
	select {
	case err := <-ended:
		t.Fatalf("the round has ended (%v) with visits under way: the next would overlap it", err)
	default:
	}
	close(c.release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if c.most != crowdAtOnce || c.atOnce != 0 || len(c.visited) != len(c.ids) {
		t.Errorf("%d at once, %d under way, %d of %d visited", c.most, c.atOnce, len(c.visited), len(c.ids))
	}
}

func TestPeriodic_replicaThatHangsLeavesTheRestToOthers(t *testing.T) {
	c := newCrowd(t, inProcess(t), 5*crowdAtOnce)
	c.due()
	c.hangs = true
	ended := c.once()
	c.until("the replica hangs", func() bool { return c.atOnce == crowdAtOnce })
	c.change(func() { c.hangs = false }) // for whoever is visited from now on
	if err := c.replica().Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The one that hangs has taken a second handful at most.
	c.change(func() {
		if n := len(c.visited); n < len(c.ids)-crowdAtOnce {
			t.Errorf("only %d of %d visited while one replica hangs", n, len(c.ids))
		}
	})
	close(c.release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestPeriodic_nobodyIsVisitedTooEarly(t *testing.T) {
	c := newCrowd(t, inProcess(t), 1)
	r, ctx := c.replica(), t.Context()
	for i, step := range []struct {
		before func() error
		after  time.Duration
		visits int // in all
	}{
		{nil, 0, 1},
		{nil, 7 * time.Minute, 1},
		{nil, 6 * time.Minute, 2},
		{func() error { return r.Move(ctx, "member0", c.clock().Add(time.Hour)) }, 59 * time.Minute, 2},
		{nil, time.Minute, 3},
		{func() error { return r.Plan(ctx, "member0", c.clock()) }, 0, 4},
		{func() error { return r.Leave(ctx, "member0") }, time.Hour, 4},
		{func() error { return r.Move(ctx, "member0", c.clock()) }, 0, 4}, // who has left stays away
		{func() error { return r.Plan(ctx, "member0", c.clock()) }, 0, 5},
	} {
		if step.before != nil {
			if err := step.before(); err != nil {
				t.Fatal(err)
			}
		}
		c.change(func() { c.now = c.now.Add(step.after) })
		if err := r.Once(ctx); err != nil {
			t.Fatal(err)
		}
		if got := c.visited["member0"]; got != step.visits {
			t.Fatalf("step %d: visited %d times, want %d", i, got, step.visits)
		}
	}
}

// Ten thousand members fill the time between two turns; their turns stay spread.
func TestPeriodic_turnsAreSpread(t *testing.T) {
	c := newCrowd(t, inProcess(t), 10_000)
	r := c.replica()
	if err := r.list(t.Context()); err != nil {
		t.Fatal(err)
	}
	turns, err := c.db.ZRangeWithScores(t.Context(), r.due(), 0, -1).Result()
	if err != nil || len(turns) != len(c.ids) {
		t.Fatalf("%d planned, %v", len(turns), err)
	}
	perSecond, now := map[float64]int{}, float64(c.now.Unix())
	for _, z := range turns {
		perSecond[z.Score-now]++
	}
	if len(perSecond) != 600 || perSecond[0] == 0 || perSecond[599] == 0 {
		t.Errorf("first turns in %d different seconds, want each of ten minutes", len(perSecond))
	}
}

func TestPeriodic_whoIsNewIsListedByOneReplicaOnceInAWhile(t *testing.T) {
	server := miniredis.RunT(t)
	ring, _ := NewRing()
	db := openURL(t, "redis://"+server.Addr(), ring)
	c := newCrowd(t, db, 1)
	c.due()
	c.ids = append(c.ids, "late")
	listed := func() bool { return slices.Contains(db.ZRange(t.Context(), c.replica().due(), 0, -1).Val(), "late") }
	if err := c.replica().list(t.Context()); err != nil || listed() {
		t.Errorf("listed again at once, %v", err)
	}
	server.FastForward(10 * time.Minute)
	if err := c.replica().list(t.Context()); err != nil || !listed() {
		t.Errorf("not listed after a while, %v", err)
	}
}

func TestPeriodic_beginWithEverybodyAndEndWithTheirContext(t *testing.T) {
	c := newCrowd(t, inProcess(t), 3)
	if err := c.replica().Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { c.replica().Run(ctx); close(ended) }()
	c.until("everybody is visited again after a start", func() bool {
		return c.visited["member0"] == 2 && c.visited["member1"] == 2 && c.visited["member2"] == 2
	})
	c.change(func() { c.hangs, c.now = true, c.now.Add(time.Hour) })
	c.until("visits hang", func() bool { return c.atOnce > 0 })
	stop()
	<-ended
	if c.atOnce != 0 {
		t.Errorf("%d visits under way after the end", c.atOnce)
	}
}
