package rules

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// Limits of the ledger.
const (
	maxBatch    = 50             // entries of one claim; also the most that leads/complex takes (amocrm.md §5.3)
	maxWaiting  = 20_000         // unfinished entries of one tenant
	idemFor     = 24 * time.Hour // how long a repeated firing is recognised
	keepDone    = 7 * 24 * time.Hour
	keepFailed  = 90 * 24 * time.Hour
	maxFinished = 10_000 // finished entries of one tenant
	maxRefused  = 5_000  // refused ones among them: each has a body of its own
	maxRecent   = 20     // newest entries of a ticket that are found by it
	releaseStep = 500    // entries released in one Redis step

	loopMost = 20 // firings of one ticket within loopTime
	loopTime = time.Hour
)

// schema is the form in which entries are stored. One of a higher form is left to the replicas that know it: never claimed,
// changed or listed here, so that two versions can run side by side.
const schema = 3

// keepFor is how long finished entries are kept.
var keepFor = map[State]time.Duration{StateDone: keepDone, StateFailed: keepFailed, StateDropped: keepFailed}

// Errors of the ledger.
var (
	ErrNotFound  = errors.New("no such firing")
	ErrFull      = errors.New("too many firings of this account are waiting")
	ErrClaimLost = errors.New("the firing belongs to another worker by now")
	// ErrNewer is a firing stored by a newer version of the service, which alone may work on it.
	ErrNewer = errors.New("the firing was stored by a newer version")
)

// Sealer encrypts what is stored of a request; bound is the key under which it is stored.
type Sealer interface {
	Seal(plain []byte, bound string) string
	Open(sealed, bound string) ([]byte, error)
}

// Ledger keeps the entries of all tenants in Redis, each tenant's in one slot. Every method is one atomic step (Release:
// one per 500 entries); the clock is that of Redis.
type Ledger struct {
	rdb   redis.UniversalClient
	seal  Sealer
	lease time.Duration
}

// NewLedger keeps entries in db. A claim that shows no life for lease is given to the next worker.
func NewLedger(db *store.DB, lease time.Duration) *Ledger {
	return &Ledger{rdb: db, seal: db.Ring(), lease: lease}
}

// Lease is how long a claim holds without a sign of life.
func (l *Ledger) Lease() time.Duration { return l.lease }

// Accept stores a firing. existed: the same idem (not empty) was accepted in the last 24 hours, and e is that entry as it
// is now. ErrFull when the tenant has 20,000 waiting. A ticket's 21st firing within an hour is stored as failed; further
// ones are only counted by that entry, which is returned as if it had existed, while it is failed or dropped.
func (l *Ledger) Accept(ctx context.Context, tenantID string, r Request, idem string) (e Entry, existed bool, err error) {
	return l.acceptWith(ctx, tenantID, r, idem, "", Outcome{}, func(redis.Pipeliner) {})
}

// Refuse stores a firing that can't be carried out as it stands: it has failed from the beginning. existed is that of
// Accept, and so is what is said there of a ticket's 21st firing within an hour.
func (l *Ledger) Refuse(ctx context.Context, tenantID string, r Request, idem string, why Reason, problems []Problem) (e Entry, existed bool, err error) {
	return l.acceptWith(ctx, tenantID, r, idem, "", Outcome{Why: why, Problems: problems}, func(redis.Pipeliner) {})
}

// acceptWith is Accept with further commands sent right behind it, in the same round trip and the same sync of Redis'
// file. They run whatever becomes of the firing, and their errors are for who added them. mark (Deps.Mark) is kept as it is.
// With a reason in refused it is Refuse.
func (l *Ledger) acceptWith(ctx context.Context, tenantID string, r Request, idem, mark string, refused Outcome, behind func(redis.Pipeliner)) (
	e Entry, existed bool, err error) {
	id, err := newID()
	if err != nil {
		return Entry{}, false, fmt.Errorf("make a firing id: %w", err)
	}
	plain, err := json.Marshal(r)
	if err != nil {
		return Entry{}, false, fmt.Errorf("encode firing: %w", err)
	}
	var problems, line string
	if refused.Why != "" {
		if problems, err = l.sealProblems(tenantID, id, refused.Problems); err != nil {
			return Entry{}, false, err
		}
		line, _ = l.sealLine(tenantID, id, because("failed", "", refused.Why))
	}
	got, err := l.runWith(ctx, acceptScript, behind, tenantID, id, idem, idemFor.Milliseconds(), r.TicketID,
		l.seal.Seal(plain, entryKey(tenantID, id)), maxWaiting, loopMost, loopTime.Milliseconds(), string(whyLoop), mark,
		l.sealWhy(tenantID, id, refused.Why), problems, line).StringSlice()
	if err != nil {
		return Entry{}, false, fmt.Errorf("store firing: %w", err)
	}
	switch got[1] {
	case "full":
		return Entry{}, false, ErrFull
	case "existed", "loops", "refused":
		e, err = l.Get(ctx, tenantID, got[0])
		return e, got[1] == "existed", err
	}
	now := millis(got[1])
	return Entry{V: schema, ID: id, Tenant: tenantID, State: StateAccepted, Request: r,
		CreatedAt: now, UpdatedAt: now, Since: now, DueAt: now, Timeline: []Line{{At: now, Text: textAccepted}}}, false, nil
}

// Record stores the steps of a claimed entry, adds text (if any) to its timeline, starts its lease anew, and ends its waits
// in a row. ErrClaimLost when the claim is no longer the entry's.
func (l *Ledger) Record(ctx context.Context, e Entry, text Reason) error {
	args, err := l.recordArgs(e, text, true)
	if err != nil {
		return err
	}
	ok, err := l.run(ctx, recordScript, e.Tenant, args...).Int()
	if err != nil {
		return fmt.Errorf("record steps: %w", err)
	}
	if ok == 0 {
		return ErrClaimLost
	}
	return nil
}

// RecordAll is Record for entries of one tenant, in one round trip; the errors are in the order of the entries. Without
// progress, as for what is only about to be tried, their waits in a row go on.
func (l *Ledger) RecordAll(ctx context.Context, entries []Entry, texts []Reason, progress bool) []error {
	errs := make([]error, len(entries))
	answers := make([]*redis.Cmd, len(entries))
	// The pipeline's own error is the first of any command; each command's is looked at below.
	_, _ = l.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, e := range entries {
			args, err := l.recordArgs(e, texts[i], progress)
			if err != nil {
				errs[i] = err
				continue
			}
			// A script's hash is of no use in a pipeline: nobody could send the text after NOSCRIPT.
			answers[i] = recordScript.Eval(ctx, p, []string{prefix(e.Tenant)}, args...)
		}
		return nil
	})
	for i, a := range answers {
		if a == nil {
			continue
		}
		switch ok, err := a.Int(); {
		case err != nil:
			errs[i] = fmt.Errorf("record steps: %w", err)
		case ok == 0:
			errs[i] = ErrClaimLost
		}
	}
	return errs
}

func (l *Ledger) recordArgs(e Entry, text Reason, progress bool) ([]any, error) {
	steps, err := l.sealSteps(e.Tenant, e.ID, e.Steps)
	if err != nil {
		return nil, err
	}
	moved := 0
	if progress {
		moved = 1
	}
	line, mark := l.sealLine(e.Tenant, e.ID, text)
	return []any{e.ID, e.claim, steps, line, mark, l.lease.Milliseconds(), moved}, nil
}

// Renew starts the lease of claimed entries anew; entries that belong to another claim are left alone.
func (l *Ledger) Renew(ctx context.Context, tenantID, claim string, ids []string) error {
	args := []any{claim, l.lease.Milliseconds()}
	for _, id := range ids {
		args = append(args, id)
	}
	if err := l.run(ctx, renewScript, tenantID, args...).Err(); err != nil {
		return fmt.Errorf("renew claim: %w", err)
	}
	return nil
}

// Settle ends the claim of an entry: done, failed, held, or accepted again (postponed). What was to be held is due at
// once instead if a release came after the claim. ErrClaimLost when the claim is no longer the entry's.
func (l *Ledger) Settle(ctx context.Context, e Entry, o Outcome) error {
	steps, err := l.sealSteps(e.Tenant, e.ID, e.Steps)
	if err != nil {
		return err
	}
	problems, err := l.sealProblems(e.Tenant, e.ID, o.Problems)
	if err != nil {
		return err
	}
	line, mark := l.sealLine(e.Tenant, e.ID, o.line())
	wait := 1
	if o.Tried || o.State == StateDone || o.State == StateFailed {
		wait = 0
	}
	ok, err := l.run(ctx, settleScript, e.Tenant, e.ID, e.claim, string(o.State), l.sealWhy(e.Tenant, e.ID, o.Why),
		o.After.Milliseconds(), steps, problems, wait, line, mark, string(o.Label)).Int()
	if err != nil {
		return fmt.Errorf("settle firing: %w", err)
	}
	if ok == 0 {
		return ErrClaimLost
	}
	return nil
}

// Release makes all held entries of a tenant due, in the order of their acceptance, and returns how many.
func (l *Ledger) Release(ctx context.Context, tenantID string) (int, error) {
	for total := 0; ; {
		n, err := l.run(ctx, releaseScript, tenantID, releaseStep).Int()
		if err != nil {
			return total, fmt.Errorf("release firings: %w", err)
		}
		total += n
		if n < releaseStep {
			return total, nil
		}
	}
}

func (l *Ledger) run(ctx context.Context, s *redis.Script, tenantID string, args ...any) *redis.Cmd {
	return s.Run(ctx, l.rdb, []string{prefix(tenantID)}, args...)
}

// runWith is run with what behind adds to its round trip.
func (l *Ledger) runWith(ctx context.Context, s *redis.Script, behind func(redis.Pipeliner), tenantID string, args ...any) *redis.Cmd {
	send := func(how func(context.Context, redis.Scripter, []string, ...any) *redis.Cmd) (answer *redis.Cmd) {
		// The pipeline's own error is the first of any command; the script's is in its answer.
		_, _ = l.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			answer = how(ctx, p, []string{prefix(tenantID)}, args...)
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

func prefix(tenantID string) string       { return store.Key(tenantID, "fire") }
func entryKey(tenantID, id string) string { return prefix(tenantID) + ":e:" + id }
func lineKey(tenantID, id string) string  { return prefix(tenantID) + ":l:" + id }

const idLen = 26

// newID makes an id that sorts roughly by time and can't be guessed.
func newID() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(time.Now().UnixMilli()))
	copy(b[:6], ms[2:])
	return lowerHex32.EncodeToString(b[:]), nil
}

var lowerHex32 = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)
