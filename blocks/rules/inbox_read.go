package rules

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Bounds of a look into the inbox.
const (
	InboxMost  = 200 // entries of one page
	inboxUsual = 50
	scanMost   = 2000 // entries that one search looks through
	scanStep   = 200
)

// Query says which of a tenant's entries to list.
type Query struct {
	State  State  // "" for all
	Label  Label  // "" for all; with one, State does not count
	Ticket int64  // 0 for all
	Text   string // part of ticket id, firing id, deal name or reason; letter case does not matter
	Before string // Next of the page before
	Limit  int    // at most 200; 0 is 50
	// Reason is how the reader sees an entry's Why; nil: as it is stored.
	Reason func(Entry) string
	// Present is where an address of a deal leads now, for exports; nil: as it is stored.
	Present func(string) string
}

// Page is a part of the inbox, newest first: by the last change of state, or by creation when all states are listed.
type Page struct {
	Entries []Entry // without timelines
	Next    string  // cursor of what is older, "" at the end
	Cut     bool    // 2,000 entries were looked through; Next goes on from there
	Counts  Counts
	Trimmed Trimmed
}

// States are all states, in the order in which a person asks for them.
var States = []State{StateFailed, StateHeld, StateAccepted, StateWorking, StateDone, StateDropped}

// Inbox returns a page of a tenant's entries. An unknown state or cursor is none.
func (l *Ledger) Inbox(ctx context.Context, tenantID string, q Query) (Page, error) {
	var p Page
	var err error
	if p.Trimmed, err = l.trim(ctx, tenantID); err != nil {
		return Page{}, err
	}
	if p.Counts, err = l.Counts(ctx, tenantID); err != nil {
		return Page{}, err
	}
	q = q.bounded()
	step := scanStep
	if q.Ticket == 0 && q.Text == "" {
		step = q.Limit + 1
	}
	at, last, looked := readPlace(q.Before), place{}, 0
	for looked < scanMost {
		found, err := l.older(ctx, prefix(tenantID)+q.set(), at, min(step, scanMost-looked))
		if err != nil {
			return Page{}, fmt.Errorf("list firings: %w", err)
		}
		if len(found) == 0 {
			return p, nil
		}
		ids := make([]string, len(found))
		for i, f := range found {
			ids[i] = f.id
		}
		entries, err := l.load(ctx, tenantID, ids, false)
		if err != nil {
			return Page{}, fmt.Errorf("list firings: %w", err)
		}
		for _, f := range found {
			at, looked = f, looked+1
			if len(entries) == 0 || entries[0].ID != f.id { // it has ended meanwhile
				continue
			}
			e := entries[0]
			entries = entries[1:]
			if !q.fits(e) {
				continue
			}
			if len(p.Entries) == q.Limit {
				p.Next = last.String()
				return p, nil
			}
			p.Entries, last = append(p.Entries, e), f
		}
	}
	p.Next, p.Cut = at.String(), true
	return p, nil
}

func (q Query) bounded() Query {
	if q.Limit <= 0 {
		q.Limit = inboxUsual
	}
	q.Limit = min(q.Limit, InboxMost)
	q.Text = strings.ToLower(strings.TrimSpace(q.Text))
	if !slices.Contains(States, q.State) {
		q.State = ""
	}
	if !slices.Contains(Labels, q.Label) {
		q.Label = ""
	} else {
		q.State = q.Label.state()
	}
	return q
}

func (q Query) set() string {
	if q.Label != "" {
		return ":m:" + string(q.Label)
	}
	if q.State == "" {
		return ":index"
	}
	return ":s:" + string(q.State)
}

func (q Query) fits(e Entry) bool {
	if q.State != "" && e.State != q.State || q.Label != "" && e.Label != q.Label || q.Ticket != 0 && e.Request.TicketID != q.Ticket {
		return false
	}
	if q.Text == "" {
		return true
	}
	in := []string{e.ID, strconv.FormatInt(e.Request.TicketID, 10), e.Request.Fields.Name, e.Why.String(), q.reason(e)}
	return slices.ContainsFunc(in, func(s string) bool { return strings.Contains(strings.ToLower(s), q.Text) })
}

func (q Query) reason(e Entry) string {
	if q.Reason == nil {
		return e.Why.String()
	}
	return q.Reason(e)
}

// place is a point in one of the sets: what is older comes after it.
type place struct {
	score float64
	id    string
}

// String is the cursor of a place.
func (p place) String() string { return strconv.FormatFloat(p.score, 'f', 3, 64) + "-" + p.id }

// readPlace reads a cursor; anything else is the newest end.
func readPlace(cursor string) place {
	raw, id, _ := strings.Cut(cursor, "-")
	score, err := strconv.ParseFloat(raw, 64)
	if err != nil || len(id) != idLen || score < 0 || score > float64(time.Now().AddDate(100, 0, 0).UnixMilli()) {
		return place{}
	}
	return place{score, id}
}

// older returns up to n members of a set from a place on; none only at the end.
func (l *Ledger) older(ctx context.Context, key string, at place, n int) ([]place, error) {
	by := redis.ZRangeBy{Min: "-inf", Max: "+inf", Count: int64(n)}
	if at.id != "" {
		by.Max = strconv.FormatFloat(at.score, 'f', 3, 64)
	}
	for {
		found, err := l.rdb.ZRevRangeByScoreWithScores(ctx, key, &by).Result()
		if err != nil {
			return nil, err
		}
		var out []place
		for _, z := range found {
			id, _ := z.Member.(string)
			if at.id == "" || z.Score < at.score || id < at.id { // members of one score come in the order of their names
				out = append(out, place{z.Score, id})
			}
		}
		if len(out) > 0 || len(found) < n {
			return out, nil
		}
		by.Offset += int64(n)
	}
}
