package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Our own comment may fire the rule that it tells of. A firing counts as caused by it when its name, comment or task
// quotes the comment's marker, and the marker is that of a firing of the same tenant and ticket whose outcome was told
// within the last hour. Ids can't be guessed and the comment is private, so no client can have a firing ignored; an
// agent who quotes it later, or on another ticket, is not mistaken for a loop.

const (
	loopWithin = time.Hour
	loopLooks  = 3 // markers of one firing that are looked at
)

var ownMarker = regexp.MustCompile(`\[sidecard:([0-9a-v]{26})\]`)

// marker is the line by which a comment of ours is known; it survives the way from HTML to text.
func marker(id string) string { return "[sidecard:" + id + "]" }

// causedBy returns the firing whose comment caused r, "" when none did.
func (s *Service) causedBy(ctx context.Context, tenantID string, r Request) (string, error) {
	texts := r.Fields.Name + "\n" + r.Comment
	if r.Task != nil {
		texts += "\n" + r.Task.Text
	}
	for _, m := range ownMarker.FindAllStringSubmatch(texts, loopLooks) {
		e, err := s.ledger.Get(ctx, tenantID, m[1])
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		if e.Steps.Told != "" && e.Request.TicketID == r.TicketID && time.Since(e.UpdatedAt) < loopWithin {
			return e.ID, nil
		}
	}
	return "", nil
}

// Shelve stores a firing with which nothing is to be done: it is done from the beginning, skipped, and says why. existed
// is that of Accept.
func (l *Ledger) Shelve(ctx context.Context, tenantID string, r Request, idem string, why Reason) (e Entry, existed bool, err error) {
	id, err := newID()
	if err != nil {
		return Entry{}, false, fmt.Errorf("make a firing id: %w", err)
	}
	plain, err := json.Marshal(r)
	if err != nil {
		return Entry{}, false, fmt.Errorf("encode firing: %w", err)
	}
	steps, err := l.sealSteps(tenantID, id, Steps{Skipped: true})
	if err != nil {
		return Entry{}, false, err
	}
	line, _ := l.sealLine(tenantID, id, because("done_why", "", why))
	got, err := l.run(ctx, shelveScript, tenantID, id, idem, idemFor.Milliseconds(), r.TicketID,
		l.seal.Seal(plain, entryKey(tenantID, id)), steps, l.sealWhy(tenantID, id, why), keepDone.Milliseconds(), line).StringSlice()
	if err != nil {
		return Entry{}, false, fmt.Errorf("store firing: %w", err)
	}
	e, err = l.Get(ctx, tenantID, got[0])
	return e, got[1] == "existed", err
}

// ARGV: id, idempotency hash, its life in ms, ticket, sealed request, sealed steps, sealed why, how long to keep it
// in ms, timeline text.
var shelveScript = endScript(`
local idem = p .. ':k:' .. ARGV[2]
if ARGV[2] ~= '' then
  local old = call('GET', idem)
  if old and call('EXISTS', key(old)) == 1 then return {old, 'existed'} end
end
local id, at = ARGV[1], string.format('%.0f', now)
call('HSET', key(id), 'v', known, 'request', ARGV[5], 'ticket', ARGV[4], 'seq', call('INCR', p .. ':seq'), 'created', at,
  'attempts', 0, 'waits', 0, 'steps', ARGV[6], 'why', ARGV[7])
move(id, 'done', now)
call('ZADD', p .. ':index', ms(now), id)
belongs(id, ARGV[4], now)
if ARGV[2] ~= '' then call('SET', idem, id, 'PX', ARGV[3]) end
say(id, '=accepted')
say(id, ARGV[9])
call('PEXPIRE', key(id), ARGV[8])
call('PEXPIRE', p .. ':l:' .. id, ARGV[8])
return {id, at}
`)
