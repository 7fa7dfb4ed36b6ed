package rules

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Move takes the firings of a tenant over to another one of the same CRM account: what waits becomes due there, what has
// failed lies in its inbox, each with its id, steps and timeline. What is done or dropped stays. from must never have been
// connected, so that no worker writes to the CRM for it meanwhile. It may be repeated after an error. moved is how many.
func (s *Service) Move(ctx context.Context, from, into string) (moved int, err error) {
	var all []Entry
	err = s.ledger.visit(ctx, from, func(e Entry) error {
		if e.State != StateDone && e.State != StateDropped {
			all = append(all, e)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("move firings: %w", err)
	}
	if len(all) == 0 {
		return 0, nil
	}
	slices.SortFunc(all, func(a, b Entry) int { return int(a.seq - b.seq) }) // their order on each ticket stays
	for _, e := range all {
		if err := s.ledger.put(ctx, e, into); err != nil {
			return 0, fmt.Errorf("move firings: %w", err)
		}
	}
	if err := s.hints.soon(ctx, into); err != nil {
		return 0, fmt.Errorf("move firings: %w", err)
	}
	s.wake(into)
	// Only now: whatever breaks off before leaves them in both, and the next Move puts none a second time.
	moved, err = s.Erase(ctx, from, all)
	if err != nil {
		return moved, fmt.Errorf("move firings: %w", err)
	}
	return moved, nil
}

// put stores a copy of an unfinished or failed entry with a tenant, unless that one has it.
func (l *Ledger) put(ctx context.Context, e Entry, into string) error {
	plain, err := json.Marshal(e.Request)
	if err != nil {
		return fmt.Errorf("encode firing: %w", err)
	}
	steps, err := l.sealSteps(into, e.ID, e.Steps)
	if err != nil {
		return err
	}
	problems, err := l.sealProblems(into, e.ID, e.Problems)
	if err != nil {
		return err
	}
	idem, err := e.Request.Fingerprint(into, "") // the same body fired again is a repeat there, too
	if err != nil {
		return err
	}
	state := StateAccepted
	if e.State == StateFailed {
		state = StateFailed
	}
	args := []any{e.ID, e.Request.TicketID, l.seal.Seal(plain, entryKey(into, e.ID)), string(state), l.sealWhy(into, e.ID, e.Why), steps, problems,
		e.CreatedAt.UnixMilli(), e.Repeats, idem, idemFor.Milliseconds(), string(textMoved), e.cut, string(e.Label)}
	for _, line := range e.Timeline {
		if line.LeftOut == 0 {
			args = append(args, l.storedLine(into, e.ID, line))
		}
	}
	return l.run(ctx, putScript, into, args...).Err()
}

// ARGV: id, ticket, sealed request, state, sealed why, sealed steps, sealed problems, created, repeats, idempotency hash, its
// life in ms, what is said of the move, how many lines are left out of the timeline, label of a failed one,
// lines of the timeline.
var putScript = endScript(`
local id, ticket, to, made, idem = ARGV[1], ARGV[2], ARGV[4], ARGV[8], p .. ':k:' .. ARGV[10]
if call('EXISTS', key(id)) == 1 then return 0 end
local seq = call('INCR', p .. ':seq')
call('HSET', key(id), 'v', known, 'request', ARGV[3], 'ticket', ticket, 'seq', seq, 'created', made, 'attempts', 0, 'waits', 0,
  'since', string.format('%.0f', now), 'steps', ARGV[6], 'why', to == 'failed' and ARGV[5] or '', 'problems', ARGV[7], 'repeats', ARGV[9], 'cut', ARGV[13])
call('ZADD', p .. ':index', ms(made), id)
belongs(id, ticket, made)
call('SET', idem, id, 'PX', ARGV[11], 'NX')
for i = 15, #ARGV do call('RPUSH', p .. ':l:' .. id, ARGV[i]) end
say(id, ARGV[12])
if to == 'failed' then
  finish(id, to, ticket, ARGV[14])
else
  move(id, to, now)
  call('ZADD', p .. ':due', ms(now - 1 + (seq % 900) * 0.001), id)
  call('ZADD', p .. ':o:' .. ticket, seq, id)
end
return 1
`)
