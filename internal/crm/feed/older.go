package feed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/internal/crm"
)

const (
	olderTries = 3  // pages that may turn out empty before an empty answer is given
	placeIDs   = 40 // entries of one second that a place can name
)

// FeedOlder goes on where Feed or an earlier FeedOlder ended. With comments only the comments of people come. The answer
// may be empty and still lead on. A place of a wrong shape is ErrGone.
func (fs *Feeds) FeedOlder(ctx context.Context, leadID int64, place string, comments bool) (Feed, error) {
	from, ok := parsePlace(place)
	if !ok {
		return Feed{}, fmt.Errorf("read feed of deal %d: no such place: %w", leadID, crm.ErrGone)
	}
	for range olderTries {
		f, err := fs.readFeed(ctx, leadID, from, comments)
		if err != nil {
			return Feed{}, fmt.Errorf("read feed of deal %d: %w", leadID, err)
		}
		f.At = time.Now()
		if from, ok = parsePlace(f.Older); len(f.Items) > 0 || !ok {
			return f, fs.markMine(ctx, leadID, f.Items)
		}
	}
	return Feed{At: time.Now(), Older: from.String()}, nil
}

// feedPlace is where a reader of the feed stands: everything newer than before has been shown, and of that second the
// entries in seen. notes and events are the pages that hold what comes next, 0 when there are no more. Pages move when
// something happens meanwhile; since the time decides, nothing is then shown twice or left out.
type feedPlace struct {
	before        int64 // Unix seconds, 0 at the start
	notes, events int
	seen          []string
}

var feedStart = feedPlace{notes: 1, events: 1}

// feedSource is what was read of one of the two lists. oldest is the time of its last element, shown or not; of a list
// that was empty or not read it is later than any time.
type feedSource struct {
	items  []Item
	page   int
	more   bool
	oldest int64
}

// cut merges the two lists down to the point up to which both are known, and says where to go on.
func (p feedPlace) cut(notes, events feedSource) ([]Item, string) {
	horizon := int64(0)
	for _, s := range []feedSource{notes, events} {
		if s.more {
			horizon = max(horizon, s.oldest)
		}
	}
	var out []Item
	seen := []string{}
	if p.before == horizon {
		seen = slices.Clone(p.seen)
	}
	for _, it := range mergeItems(notes.items, events.items) {
		unix := it.At.Unix()
		if p.before != 0 && (unix > p.before || unix == p.before && slices.Contains(p.seen, it.ID)) || unix < horizon {
			continue
		}
		out = append(out, it)
		if unix == horizon && len(seen) < placeIDs {
			seen = append(seen, it.ID)
		}
	}
	next := feedPlace{before: horizon, notes: notes.next(horizon), events: events.next(horizon), seen: seen}
	if next.notes == 0 && next.events == 0 {
		return out, ""
	}
	return out, next.String()
}

// next is the page that holds what is older than the horizon.
func (s feedSource) next(horizon int64) int {
	switch {
	case s.page == 0:
		return 0
	case s.oldest < horizon: // part of this page has not been shown
		return s.page
	case s.more:
		return s.page + 1
	}
	return 0
}

// oldest is the earliest time of a list, later than any time for an empty one.
func oldest[T any](list []T, at func(T) int64) int64 {
	first := int64(math.MaxInt64)
	for _, x := range list {
		first = min(first, at(x))
	}
	return first
}

func (p feedPlace) String() string {
	if p.notes == 0 && p.events == 0 {
		return ""
	}
	parts := []string{crm.Decimal(p.before), strconv.Itoa(p.notes), strconv.Itoa(p.events)}
	return strings.Join(append(parts, p.seen...), "~")
}

// parsePlace reads what String wrote; it has been in a browser meanwhile.
func parsePlace(s string) (feedPlace, bool) {
	parts := strings.Split(s, "~")
	if len(parts) < 3 || len(parts) > 3+placeIDs {
		return feedPlace{}, false
	}
	before, err := strconv.ParseInt(parts[0], 10, 64)
	notes, notesErr := strconv.Atoi(parts[1])
	events, eventsErr := strconv.Atoi(parts[2])
	if errors.Join(err, notesErr, eventsErr) != nil || before < 0 || notes < 0 || events < 0 || notes+events == 0 {
		return feedPlace{}, false
	}
	return feedPlace{before: before, notes: notes, events: events, seen: parts[3:]}, true
}
