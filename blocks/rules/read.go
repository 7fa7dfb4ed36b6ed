package rules

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
func (l *Ledger) Get(ctx context.Context, tenantID, id string) (Entry, error) {
	if len(id) != idLen {
		return Entry{}, ErrNotFound
	}
	es, err := l.load(ctx, tenantID, []string{id}, true)
	if err != nil {
		return Entry{}, fmt.Errorf("read firing: %w", err)
	}
	if len(es) == 0 {
		return Entry{}, ErrNotFound
	}
	return es[0], nil
}

// Next returns when the next entry of a tenant is due; ok is false when none is.
func (l *Ledger) Next(ctx context.Context, tenantID string) (due time.Time, ok bool, err error) {
	z, err := l.rdb.ZRangeWithScores(ctx, prefix(tenantID)+":due", 0, 0).Result()
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read the next due firing: %w", err)
	}
	if len(z) == 0 {
		return time.Time{}, false, nil
	}
	return time.UnixMilli(int64(z[0].Score)), true, nil
}

// Counts counts a tenant's entries; done ones of the last seven days, failed and dropped ones of the last ninety. It is
// cheap: every card asks for it.
func (l *Ledger) Counts(ctx context.Context, tenantID string) (Counts, error) {
	now, err := l.rdb.Time(ctx).Result()
	if err != nil {
		return Counts{}, fmt.Errorf("count firings: %w", err)
	}
	var c Counts
	into := map[State]*int{StateAccepted: &c.Accepted, StateWorking: &c.Working, StateHeld: &c.Held, StateFailed: &c.Failed,
		StateDone: &c.Done, StateDropped: &c.Dropped}
	labelled := map[Label]*int{LabelRemarks: &c.Remarks, LabelRefused: &c.Refused}
	n := map[*int]*redis.IntCmd{}
	_, err = l.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		count := func(to *int, set string, life time.Duration) {
			from := "-inf"
			if life > 0 {
				from = "(" + strconv.FormatInt(now.Add(-life).UnixMilli(), 10)
			}
			n[to] = p.ZCount(ctx, prefix(tenantID)+set, from, "+inf")
		}
		for s, to := range into {
			count(to, ":s:"+string(s), keepFor[s])
		}
		for label, to := range labelled {
			count(to, ":m:"+string(label), keepFor[label.state()])
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

// Trimmed says how many done entries were removed before their time because there were too many, and since when.
type Trimmed struct {
	Count int
	Since time.Time
}

// trim removes what is too old or too much, and says what was removed before its time so far.
func (l *Ledger) trim(ctx context.Context, tenantID string) (Trimmed, error) {
	n, err := l.run(ctx, trimScript, tenantID).Int64Slice()
	if err != nil {
		return Trimmed{}, fmt.Errorf("trim firings: %w", err)
	}
	if n[0] == 0 {
		return Trimmed{}, nil
	}
	return Trimmed{Count: int(n[0]), Since: time.UnixMilli(n[1]).UTC()}, nil
}

// OfTicket returns the newest entries of a ticket, newest first, without timelines.
func (l *Ledger) OfTicket(ctx context.Context, tenantID string, ticketID int64) ([]Entry, error) {
	ids, err := l.rdb.ZRevRange(ctx, fmt.Sprintf("%s:t:%d", prefix(tenantID), ticketID), 0, maxRecent-1).Result()
	if err != nil {
		return nil, fmt.Errorf("list firings of a ticket: %w", err)
	}
	found, err := l.load(ctx, tenantID, ids, false)
	if err != nil {
		return nil, fmt.Errorf("read firings of a ticket: %w", err)
	}
	return slices.DeleteFunc(found, func(e Entry) bool { return e.Request.TicketID != ticketID }), nil // it was edited since
}

// load reads entries in the given order; those that are gone are left out.
func (l *Ledger) load(ctx context.Context, tenantID string, ids []string, timeline bool) ([]Entry, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	hashes := make([]*redis.MapStringStringCmd, len(ids))
	due := make([]*redis.FloatCmd, len(ids))
	lines := make([]*redis.StringSliceCmd, len(ids))
	// The pipeline's own error is the first of any command, mostly "no score"; each command's is looked at below.
	_, _ = l.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			hashes[i] = p.HGetAll(ctx, entryKey(tenantID, id))
			due[i] = p.ZScore(ctx, prefix(tenantID)+":due", id)
			if timeline {
				lines[i] = p.LRange(ctx, lineKey(tenantID, id), 0, -1)
			}
		}
		return nil
	})
	var out []Entry
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

func (l *Ledger) decode(tenantID, id string, h map[string]string) (Entry, error) {
	e := Entry{ID: id, Tenant: tenantID, State: State(h["state"]), Label: Label(h["label"]), claim: h["claim"], mark: h["trace"], rev: h["rev"],
		CreatedAt: millis(h["created"]), UpdatedAt: millis(h["updated"]), Since: millis(cmp.Or(h["since"], h["created"]))}
	for name, to := range map[string]*int{"v": &e.V, "attempts": &e.Attempts, "waits": &e.Waits, "repeats": &e.Repeats, "cut": &e.cut} {
		n, err := strconv.Atoi(cmp.Or(h[name], "0"))
		if err != nil {
			return Entry{}, fmt.Errorf("stored %s: %w", name, err)
		}
		*to = n
	}
	if e.V > schema {
		return Entry{}, ErrNewer
	}
	var err error
	if e.seq, err = strconv.ParseInt(h["seq"], 10, 64); err != nil {
		return Entry{}, fmt.Errorf("stored order: %w", err)
	}
	plain, err := l.seal.Open(h["request"], entryKey(tenantID, id))
	if err != nil {
		return Entry{}, fmt.Errorf("unseal request: %w", err)
	}
	if err := json.Unmarshal(plain, &e.Request); err != nil {
		return Entry{}, fmt.Errorf("decode request: %w", err)
	}
	if e.Why, err = l.openText(h["why"], fieldPlace(tenantID, id, "why")); err != nil {
		return Entry{}, fmt.Errorf("unseal why: %w", err)
	}
	if e.V < 3 { // words without codes
		e.Why = inWords(string(e.Why))
	}
	for name, to := range map[string]any{"steps": &e.Steps, "problems": &e.Problems} {
		if err := l.openJSON(h[name], fieldPlace(tenantID, id, name), to); err != nil {
			return Entry{}, fmt.Errorf("decode %s: %w", name, err)
		}
	}
	e.LeadURL = e.Steps.LeadURL
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
