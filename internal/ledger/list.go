package ledger

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Bounds of a look into the list.
const (
	MaxPage   = 200 // jobs of one page
	usualPage = 50
	maxScan   = 2000 // jobs that one search looks through
	scanStep  = 200
)

// Query selects jobs of a tenant.
type Query[P, S, R any] struct {
	State  State                   // "" for all
	Label  Label                   // "" for all; with one, State does not count
	Order  string                  // "" for all
	Match  func(Job[P, S, R]) bool // nil for all
	Before string                  // Next of the page before
	Limit  int                     // at most 200; 0 is 50
}

// Page is a part of the list, newest first: by the last change of state, or by creation when all states are listed.
type Page[P, S, R any] struct {
	Jobs    []Job[P, S, R] // without timelines
	Next    string         // cursor of what is older, "" at the end
	Cut     bool           // 2,000 jobs were looked through; Next goes on from there
	Counts  Counts
	Trimmed Trimmed
}

// List returns a page of a tenant's jobs. An unknown state or cursor is none.
func (l *Records[P, S, R]) List(ctx context.Context, tenantID string, q Query[P, S, R]) (Page[P, S, R], error) {
	var p Page[P, S, R]
	var err error
	if p.Trimmed, err = l.trim(ctx, tenantID); err != nil {
		return p, err
	}
	if p.Counts, err = l.Counts(ctx, tenantID); err != nil {
		return p, err
	}
	q = q.bounded()
	step := scanStep
	if q.Order == "" && q.Match == nil {
		step = q.Limit + 1
	}
	at, last, looked := readPlace(q.Before), place{}, 0
	for looked < maxScan {
		found, err := l.older(ctx, l.prefix(tenantID)+q.set(), at, min(step, maxScan-looked))
		if err != nil {
			return Page[P, S, R]{}, fmt.Errorf("list runs: %w", err)
		}
		if len(found) == 0 {
			return p, nil
		}
		ids, places := make([]string, len(found)), map[string]place{}
		for i, f := range found {
			ids[i], places[f.id] = f.id, f
		}
		jobs, err := l.load(ctx, tenantID, ids, false)
		if err != nil {
			return Page[P, S, R]{}, fmt.Errorf("list runs: %w", err)
		}
		for _, j := range slices.DeleteFunc(jobs, func(j Job[P, S, R]) bool { return !q.fits(j) }) {
			if len(p.Jobs) == q.Limit {
				p.Next = last.String()
				return p, nil
			}
			p.Jobs, last = append(p.Jobs, j), places[j.ID]
		}
		at, looked = found[len(found)-1], looked+len(found)
	}
	p.Next, p.Cut = at.String(), true
	return p, nil
}

func (q Query[P, S, R]) bounded() Query[P, S, R] {
	if q.Limit <= 0 {
		q.Limit = usualPage
	}
	q.Limit = min(q.Limit, MaxPage)
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

func (q Query[P, S, R]) set() string {
	if q.Label != "" {
		return ":m:" + string(q.Label)
	}
	if q.State == "" {
		return ":index"
	}
	return ":s:" + string(q.State)
}

func (q Query[P, S, R]) fits(j Job[P, S, R]) bool {
	return (q.State == "" || j.State == q.State) && (q.Label == "" || j.Label == q.Label) && (q.Order == "" || j.Order == q.Order) &&
		(q.Match == nil || q.Match(j))
}

// place is a point in one of the sets: what is older comes after it.
type place struct {
	score float64
	id    string
}

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
func (l *Records[P, S, R]) older(ctx context.Context, key string, at place, n int) ([]place, error) {
	by := redis.ZRangeBy{Min: "-inf", Max: "+inf", Count: int64(n)}
	if at.id != "" {
		by.Max = strconv.FormatFloat(at.score, 'f', 3, 64)
	}
	for {
		found, err := l.db.ZRevRangeByScoreWithScores(ctx, key, &by).Result()
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
