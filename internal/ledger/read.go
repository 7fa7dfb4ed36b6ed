package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Get returns one entry with its timeline, or ErrNotFound.
func (l *Ledger[P, S, R]) Get(ctx context.Context, tenantID, id string) (Job[P, S, R], error) {
	if len(id) != idLen {
		return Job[P, S, R]{}, ErrNotFound
	}
	es, err := l.load(ctx, tenantID, []string{id}, true)
	if err != nil {
		return Job[P, S, R]{}, fmt.Errorf("read firing: %w", err)
	}
	if len(es) == 0 {
		return Job[P, S, R]{}, ErrNotFound
	}
	return es[0], nil
}

// Counts counts a tenant's entries; done ones of the last seven days, failed and dropped ones of the last ninety. It is
// cheap: every card asks for it.
func (l *Ledger[P, S, R]) Counts(ctx context.Context, tenantID string) (Counts, error) {
	now, err := l.db.Time(ctx).Result()
	if err != nil {
		return Counts{}, fmt.Errorf("count firings: %w", err)
	}
	var c Counts
	into := map[State]*int{StateAccepted: &c.Accepted, StateWorking: &c.Working, StateHeld: &c.Held, StateFailed: &c.Failed,
		StateDone: &c.Done, StateDropped: &c.Dropped}
	labelled := map[Label]*int{LabelRemarks: &c.Remarks, LabelRefused: &c.Refused}
	n := map[*int]*redis.IntCmd{}
	_, err = l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		count := func(to *int, set string, life time.Duration) {
			from := "-inf"
			if life > 0 {
				from = "(" + strconv.FormatInt(now.Add(-life).UnixMilli(), 10)
			}
			n[to] = p.ZCount(ctx, l.prefix(tenantID)+set, from, "+inf")
		}
		for s, to := range into {
			count(to, ":s:"+string(s), l.keepFor(s))
		}
		for label, to := range labelled {
			count(to, ":m:"+string(label), l.keepFor(label.state()))
		}
		count(&c.RemarksToday, ":m:"+string(LabelRemarks), 24*time.Hour)
		return nil
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count firings: %w", err)
	}
	for to, counted := range n {
		*to = int(counted.Val())
	}
	return c, nil
}

// keepFor is how long finished jobs are kept.
func (l *Ledger[P, S, R]) keepFor(s State) time.Duration {
	switch s {
	case StateDone:
		return l.kind.KeepDone
	case StateFailed, StateDropped:
		return l.kind.KeepFailed
	}
	return 0
}

// Trimmed says how many done entries were removed before their time because there were too many, and since when.
type Trimmed struct {
	Count int
	Since time.Time
}

// trim removes what is too old or too much, and says what was removed before its time so far.
func (l *Ledger[P, S, R]) trim(ctx context.Context, tenantID string) (Trimmed, error) {
	n, err := l.run(ctx, l.scripts.trim, tenantID).Int64Slice()
	if err != nil {
		return Trimmed{}, fmt.Errorf("trim firings: %w", err)
	}
	if n[0] == 0 {
		return Trimmed{}, nil
	}
	return Trimmed{Count: int(n[0]), Since: time.UnixMilli(n[1]).UTC()}, nil
}

// OfOrder returns the newest jobs of an order, newest first, without timelines.
func (l *Ledger[P, S, R]) OfOrder(ctx context.Context, tenantID, order string) ([]Job[P, S, R], error) {
	ids, err := l.db.ZRevRange(ctx, l.prefix(tenantID)+":t:"+order, 0, int64(l.kind.MaxRecent)-1).Result()
	if err != nil {
		return nil, fmt.Errorf("list firings of a ticket: %w", err)
	}
	found, err := l.load(ctx, tenantID, ids, false)
	if err != nil {
		return nil, fmt.Errorf("read firings of a ticket: %w", err)
	}
	return slices.DeleteFunc(found, func(j Job[P, S, R]) bool { return j.Order != order }), nil // it was edited since
}

// load reads entries in the given order; those that are gone are left out.
func (l *Ledger[P, S, R]) load(ctx context.Context, tenantID string, ids []string, timeline bool) ([]Job[P, S, R], error) {
	if len(ids) == 0 {
		return nil, nil
	}
	hashes := make([]*redis.MapStringStringCmd, len(ids))
	due := make([]*redis.FloatCmd, len(ids))
	lines := make([]*redis.StringSliceCmd, len(ids))
	// The pipeline's own error is the first of any command, mostly "no score"; each command's is looked at below.
	_, _ = l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			hashes[i] = p.HGetAll(ctx, l.jobKey(tenantID, id))
			due[i] = p.ZScore(ctx, l.prefix(tenantID)+":due", id)
			if timeline {
				lines[i] = p.LRange(ctx, l.lineKey(tenantID, id), 0, -1)
			}
		}
		return nil
	})
	var out []Job[P, S, R]
	for i, id := range ids {
		h, err := hashes[i].Result()
		if err != nil {
			return nil, err
		}
		if len(h) == 0 {
			continue
		}
		e, err := l.decode(tenantID, id, h)
		if errors.Is(err, ErrNewer) && len(ids) > 1 {
			continue // of a list; who asks for this one is told
		}
		if err != nil {
			return nil, fmt.Errorf("firing %s: %w", id, err)
		}
		switch s, err := due[i].Result(); {
		case err == nil:
			e.DueAt = time.UnixMilli(int64(s)).UTC()
		case !errors.Is(err, redis.Nil):
			return nil, err
		}
		if timeline {
			raw, err := lines[i].Result()
			if err != nil {
				return nil, err
			}
			if e.Timeline, err = l.readLines(e, raw); err != nil {
				return nil, fmt.Errorf("timeline of firing %s: %w", id, err)
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func (l *Ledger[P, S, R]) decode(tenantID, id string, h map[string]string) (Job[P, S, R], error) {
	e := Job[P, S, R]{ID: id, Tenant: tenantID, State: State(h["state"]), Label: Label(h["label"]), claim: h["claim"], Mark: h["trace"], Order: h["ticket"], rev: h["rev"],
		CreatedAt: millis(h["created"]), UpdatedAt: millis(h["updated"]), Since: millis(cmp.Or(h["since"], h["created"]))}
	for name, to := range map[string]*int{"v": &e.V, "attempts": &e.Attempts, "waits": &e.Waits, "repeats": &e.Repeats, "cut": &e.cut} {
		n, err := strconv.Atoi(cmp.Or(h[name], "0"))
		if err != nil {
			return Job[P, S, R]{}, fmt.Errorf("stored %s: %w", name, err)
		}
		*to = n
	}
	if e.V > schema {
		return Job[P, S, R]{}, ErrNewer
	}
	var err error
	if e.seq, err = strconv.ParseInt(h["seq"], 10, 64); err != nil {
		return Job[P, S, R]{}, fmt.Errorf("stored order: %w", err)
	}
	plain, err := l.db.Ring().Open(h["request"], l.jobKey(tenantID, id))
	if err != nil {
		return Job[P, S, R]{}, fmt.Errorf("unseal request: %w", err)
	}
	if err := json.Unmarshal(plain, &e.Request); err != nil {
		return Job[P, S, R]{}, fmt.Errorf("decode request: %w", err)
	}
	if e.Why, err = l.openText(h["why"], l.fieldPlace(tenantID, id, "why")); err != nil {
		return Job[P, S, R]{}, fmt.Errorf("unseal why: %w", err)
	}
	if e.V < 3 { // words without codes
		e.Why = InWords(string(e.Why))
	}
	for name, to := range map[string]any{"steps": &e.Steps, "problems": &e.Problems} {
		if err := l.openJSON(h[name], l.fieldPlace(tenantID, id, name), to); err != nil {
			return Job[P, S, R]{}, fmt.Errorf("decode %s: %w", name, err)
		}
	}
	return e, nil
}

// millis reads Unix milliseconds that a script wrote; anything else is the zero time.
func millis(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// Due is what a tenant has to do.
type Due struct {
	Next time.Time // when the next job is due, zero for none
	Held int
}

// Look returns what some tenants have to do, in one round trip and in their order. behind adds further commands to it, whose errors
// are for who added them; it may be nil.
func (l *Ledger[P, S, R]) Look(ctx context.Context, tenants []string, behind func(redis.Pipeliner)) ([]Due, error) {
	next, held := make([]*redis.ZSliceCmd, len(tenants)), make([]*redis.IntCmd, len(tenants))
	// The pipeline's own error is the first of any command; each command's is looked at below.
	_, _ = l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range tenants {
			next[i] = p.ZRangeWithScores(ctx, l.prefix(id)+":due", 0, 0)
			held[i] = p.ZCard(ctx, l.prefix(id)+":s:"+string(StateHeld))
		}
		if behind != nil {
			behind(p)
		}
		return nil
	})
	due := make([]Due, len(tenants))
	for i := range tenants {
		if err := errors.Join(next[i].Err(), held[i].Err()); err != nil {
			return nil, fmt.Errorf("look for due firings: %w", err)
		}
		due[i].Held = int(held[i].Val())
		if z := next[i].Val(); len(z) > 0 {
			due[i].Next = time.UnixMilli(int64(z[0].Score))
		}
	}
	return due, nil
}
