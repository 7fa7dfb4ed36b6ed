package feed

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// walkFeed reads two lists page by page as readFeed does, and returns what is shown.
func walkFeed(t *testing.T, notes, events []int64, size int) []string {
	t.Helper()
	page := func(name string, times []int64, number int) feedSource {
		s := feedSource{page: number}
		if number == 0 {
			return s
		}
		from, to := min((number-1)*size, len(times)), min(number*size, len(times))
		s.more, s.oldest = to < len(times), oldest[Item](nil, nil)
		for i := from; i < to; i++ {
			s.items = append(s.items, Item{ID: fmt.Sprintf("%s%d", name, i), At: time.Unix(times[i], 0)})
			s.oldest = times[i]
		}
		return s
	}
	var out []string
	place := feedStart
	for range 1000 {
		items, next := place.cut(page("n", notes, place.notes), page("e", events, place.events))
		for _, it := range items {
			out = append(out, fmt.Sprintf("%d %s", it.At.Unix(), it.ID))
		}
		if next == "" {
			return out
		}
		var ok bool
		if place, ok = parsePlace(next); !ok {
			t.Fatalf("place %q can't be read", next)
		}
	}
	t.Fatal("the feed has no end")
	return nil
}

func TestFeedPlace_everythingOnceInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		times := func() []int64 {
			list := make([]int64, r.IntN(14))
			for i := range list {
				list[i] = 1 + int64(r.IntN(12))
			}
			slices.SortFunc(list, func(x, y int64) int { return int(y - x) })
			return list
		}
		notes, events, size := times(), times(), 1+r.IntN(5)
		got := walkFeed(t, notes, events, size)
		if len(got) != len(notes)+len(events) {
			t.Fatalf("%d lines of %v and %v in pages of %d: %q", len(got), notes, events, size, got)
		}
		last := "99 "
		seen := map[string]bool{}
		for _, line := range got {
			var at, before int
			if _, err := fmt.Sscan(strings.Fields(line)[0], &at); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Sscan(strings.Fields(last)[0], &before); err != nil {
				t.Fatal(err)
			}
			if at > before || seen[line] {
				t.Fatalf("%q after %q of %v and %v in pages of %d: %q", line, last, notes, events, size, got)
			}
			last, seen[line] = line, true
		}
	}
}

func TestParsePlace_ofABrowser(t *testing.T) {
	for _, bad := range []string{"", "1", "1~2", "x~1~1", "1~-1~1", "1~0~0", "-1~1~1", "1~1~1" + strings.Repeat("~a", 41)} {
		if p, ok := parsePlace(bad); ok {
			t.Errorf("%q gives %+v", bad, p)
		}
	}
	p, ok := parsePlace("1700~2~3~note-1~event-x")
	if !ok || p.String() != "1700~2~3~note-1~event-x" || p.before != 1700 || p.notes != 2 || p.events != 3 {
		t.Errorf("%+v %v", p, ok)
	}
}

func TestSandbox_olderFeedAndComments(t *testing.T) {
	a := sandboxAccount(t)
	ctx := t.Context()
	var in []amocrm.NoteInput
	for i := range 120 {
		in = append(in, amocrm.NoteInput{EntityID: amocrm.ID(scenario.LeadPipesOpen), Type: "common", Params: map[string]any{"text": fmt.Sprintf("note %d", i)}})
	}
	if _, err := a.API().CreateNotes(ctx, in); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Comment(ctx, scenario.LeadPipesOpen, "from the ticket", false); err != nil {
		t.Fatal(err)
	}
	for _, comments := range []bool{false, true} {
		feed, err := a.Feed(ctx, scenario.LeadPipesOpen)
		if err != nil || feed.Older == "" {
			t.Fatalf("%d items, older %q, %v", len(feed.Items), feed.Older, err)
		}
		seen := map[string]int{}
		mine, texts := 0, 0
		for pages := 0; ; pages++ {
			for _, it := range feed.Items {
				seen[it.ID]++
				if it.Mine {
					mine++
				}
				if strings.HasPrefix(it.Text, "note ") {
					texts++
				}
			}
			if feed.Older == "" {
				break
			}
			if feed, err = a.FeedOlder(ctx, scenario.LeadPipesOpen, feed.Older, comments); err != nil || pages > 20 {
				t.Fatalf("page %d: %v", pages, err)
			}
			for _, it := range feed.Items {
				if comments && it.Kind != KindComment {
					t.Errorf("no comment: %+v", it)
				}
			}
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s is shown %d times", id, n)
			}
		}
		if mine != 1 || texts != 120 {
			t.Errorf("comments only %v: %d mine, %d notes", comments, mine, texts)
		}
	}
	if _, err := a.FeedOlder(ctx, scenario.LeadPipesOpen, "nonsense", false); !errors.Is(err, crm.ErrGone) {
		t.Errorf("%v", err)
	}
}
