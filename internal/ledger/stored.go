package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// stored reads and writes jobs in the form in which Redis keeps them.
type stored[P, S, R any] struct {
	kind    Kind[P, S]
	db      *store.DB
	scripts *scripts
}

func (l *stored[P, S, R]) run(ctx context.Context, s *redis.Script, tenantID string, args ...any) *redis.Cmd {
	return s.Run(ctx, l.db, []string{l.prefix(tenantID)}, args...)
}

// runWith is run with what behind adds to its round trip.
func (l *stored[P, S, R]) runWith(ctx context.Context, s *redis.Script, behind func(redis.Pipeliner), tenantID string, args ...any) *redis.Cmd {
	if behind == nil {
		return l.run(ctx, s, tenantID, args...)
	}
	send := func(how func(context.Context, redis.Scripter, []string, ...any) *redis.Cmd) (answer *redis.Cmd) {
		// The pipeline's own error is the first of any command; the script's is in its answer.
		_, _ = l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
			answer = how(ctx, p, []string{l.prefix(tenantID)}, args...)
			behind(p)
			return nil
		})
		return answer
	}
	answer := send(s.EvalSha)
	if redis.HasErrorPrefix(answer.Err(), "NOSCRIPT") { // what was behind has run: it runs again, after the script
		answer = send(s.Eval)
	}
	return answer
}

func (l *stored[P, S, R]) prefix(tenantID string) string { return store.Key(tenantID, l.kind.Name) }

func (l *stored[P, S, R]) jobKey(tenantID, id string) string { return l.prefix(tenantID) + ":e:" + id }

func (l *stored[P, S, R]) lineKey(tenantID, id string) string { return l.prefix(tenantID) + ":l:" + id }

// Get returns one job with its timeline, or ErrNotFound.
func (l *stored[P, S, R]) Get(ctx context.Context, tenantID, id string) (Job[P, S, R], error) {
	if len(id) != idLen {
		return Job[P, S, R]{}, ErrNotFound
	}
	found, err := l.load(ctx, tenantID, []string{id}, true)
	if err != nil {
		return Job[P, S, R]{}, fmt.Errorf("read job: %w", err)
	}
	if len(found) == 0 {
		return Job[P, S, R]{}, ErrNotFound
	}
	return found[0], nil
}

// load reads jobs in the given order; those that are gone are left out.
func (l *stored[P, S, R]) load(ctx context.Context, tenantID string, ids []string, timeline bool) ([]Job[P, S, R], error) {
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
			return nil, fmt.Errorf("run %s: %w", id, err)
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
				return nil, fmt.Errorf("timeline of run %s: %w", id, err)
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func (l *stored[P, S, R]) decode(tenantID, id string, h map[string]string) (Job[P, S, R], error) {
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
	if err := l.db.Ring().OpenJSON(h["request"], l.jobKey(tenantID, id), &e.Request); err != nil {
		return Job[P, S, R]{}, fmt.Errorf("open request: %w", err)
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

// What is stored of a job may hold a client's words: a name in a request, a value in a problem, a reason that a person typed. All
// of it is sealed, each part bound to its own place. Plain are ids, times, states, and reasons that hold codes alone. Jobs of
// form 1, which had only their request sealed, are still read.

// fieldPlace is what a sealed field of a job is bound to.
func (l *stored[P, S, R]) fieldPlace(tenantID, id, field string) string {
	return l.jobKey(tenantID, id) + "#" + field
}

// sealText seals a reason unless it is ours, without anybody else's words.
func (l *stored[P, S, R]) sealText(r Reason, place string) string {
	if r.wordless() {
		return string(r)
	}
	return l.db.Ring().Seal([]byte(r), place)
}

func (l *stored[P, S, R]) openText(stored, place string) (Reason, error) {
	if !store.IsSealed(stored) {
		return Reason(stored), nil
	}
	plain, err := l.db.Ring().Open(stored, place)
	return Reason(plain), err
}

// openJSON reads what a seal… method has made, or the plain JSON of form 1; nothing stored leaves into as it is.
func (l *stored[P, S, R]) openJSON(stored, place string, into any) error {
	switch {
	case stored == "":
		return nil
	case store.IsSealed(stored):
		return l.db.Ring().OpenJSON(stored, place, into)
	}
	return json.Unmarshal([]byte(stored), into)
}

func (l *stored[P, S, R]) sealRequest(tenantID, id string, request P) (string, error) {
	sealed, err := l.db.Ring().SealJSON(request, l.jobKey(tenantID, id))
	return sealed, store.Wrap("encode request", err)
}

func (l *stored[P, S, R]) sealSteps(tenantID, id string, s S) (string, error) {
	sealed, err := l.db.Ring().SealJSON(s, l.fieldPlace(tenantID, id, "steps"))
	return sealed, store.Wrap("encode steps", err)
}

// sealResult seals a job's steps and problems; no problems are "".
func (l *stored[P, S, R]) sealResult(tenantID, id string, s S, list []R) (steps, problems string, err error) {
	if steps, err = l.sealSteps(tenantID, id, s); err != nil || len(list) == 0 {
		return steps, "", err
	}
	problems, err = l.db.Ring().SealJSON(list, l.fieldPlace(tenantID, id, "problems"))
	return steps, problems, store.Wrap("encode problems", err)
}

func (l *stored[P, S, R]) sealWhy(tenantID, id string, why Reason) string {
	return l.sealText(why, l.fieldPlace(tenantID, id, "why"))
}

// sealLine is a reason as the timeline keeps it, and the mark by which one that comes again is counted (say).
func (l *stored[P, S, R]) sealLine(tenantID, id string, r Reason) (line, again string) {
	if code, _, _ := r.Head(); l.kind.Counted[code] {
		again = r.codes()
	}
	return l.sealText(r, l.lineKey(tenantID, id)), again
}
