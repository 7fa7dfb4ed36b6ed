package once_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/once"
)

var (
	errRefused = errors.New("refused")
	errLost    = errors.New("no answer")
	errDown    = errors.New("not sent")
)

// item is a write of a system that refuses "bad" ones, naming them if it is told to.
type item struct {
	name         string
	lost, done   bool
	ended        string
	inOtherSteps bool // its claim is gone after the first call
}

type system struct {
	names  bool // a refusal names its items
	fail   error
	answer int // items that an answer names, all when negative
	calls  []string
	stored []string
}

func (s *system) Lost(x *item) bool { return x.lost && !x.done }

func (s *system) Look(_ context.Context, lost []*item) {
	for _, x := range lost {
		x.done = strings.HasPrefix(x.name, "there")
		x.lost = x.done
	}
}

func (s *system) Store(_ context.Context, items []*item, again bool) (now []*item) {
	for _, x := range items {
		if again && x.inOtherSteps {
			continue
		}
		x.lost = true
		now = append(now, x)
		s.stored = append(s.stored, x.name)
	}
	return now
}

func (s *system) Send(_ context.Context, items []*item) error {
	var names []string
	for _, x := range items {
		names = append(names, x.name)
		if !x.lost {
			panic("sent before its intent was stored")
		}
	}
	s.calls = append(s.calls, strings.Join(names, " "))
	if s.fail != nil {
		return s.fail
	}
	if slices.ContainsFunc(items, func(x *item) bool { return strings.HasPrefix(x.name, "bad") }) {
		return errRefused
	}
	for i, x := range items {
		if s.answer < 0 || i < s.answer {
			x.done = true
		}
	}
	return nil
}

func (s *system) Outcome(err error, x *item) (once.Outcome, error) {
	how := map[error]once.Outcome{errRefused: once.Refused, errLost: once.Unknown}[err]
	if s.names && strings.HasPrefix(x.name, "bad") {
		return how, err
	}
	return how, nil
}

func (s *system) Drop(_ context.Context, x *item) { x.lost = false }

func (s *system) End(_ context.Context, x *item, how once.Outcome, err error) {
	x.ended = []string{"not done", "refused", "unknown"}[how]
	if err == nil {
		x.ended += ", not named"
	}
}

func made(s *system, names ...string) (ends []string) {
	var items []*item
	for _, name := range names {
		items = append(items, &item{name: name, inOtherSteps: strings.HasSuffix(name, "!")})
	}
	once.Make(context.Background(), s, items)
	for _, x := range items {
		state := x.ended
		if x.done {
			state = "done"
		}
		if x.lost && !x.done {
			state += ", intent kept"
		}
		ends = append(ends, x.name+": "+state)
	}
	return ends
}

func TestMake_onlyWhatMayHaveBeenDoneKeepsItsIntent(t *testing.T) {
	for name, c := range map[string]struct {
		system
		items, calls, want []string
	}{
		"all are made": {system{answer: -1}, []string{"a", "b"}, []string{"a b"}, []string{"a: done", "b: done"}},
		"the answer names fewer": {system{answer: 1}, []string{"a", "b"}, []string{"a b"},
			[]string{"a: done", "b: unknown, not named, intent kept"}},
		"no answer": {system{fail: errLost}, []string{"a"}, []string{"a"}, []string{"a: unknown, intent kept"}},
		"not sent":  {system{fail: errDown}, []string{"a"}, []string{"a"}, []string{"a: not done"}},
		"a refusal that names its items is sent again without them": {system{answer: -1, names: true}, []string{"a", "bad", "b"},
			[]string{"a bad b", "a b"}, []string{"a: done", "bad: refused", "b: done"}},
		"one that names none is searched by halves": {system{answer: -1}, []string{"a", "b", "bad", "c"},
			[]string{"a b bad c", "a b", "bad c", "bad", "c"}, []string{"a: done", "b: done", "bad: refused", "c: done"}},
		"what may not be sent any more is not": {system{answer: -1, names: true}, []string{"a", "bad", "b!"},
			[]string{"a bad b!", "a"}, []string{"a: done", "bad: refused", "b!: "}},
	} {
		t.Run(name, func(t *testing.T) {
			got := made(&c.system, c.items...)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.calls, c.system.calls); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRecover_looksForLostWritesOnly(t *testing.T) {
	there, gone, fresh := &item{name: "there", lost: true}, &item{name: "gone", lost: true}, &item{name: "there too"}
	once.Recover(context.Background(), &system{}, []*item{there, gone, fresh})
	if !there.done || gone.lost || gone.done || fresh.done {
		t.Errorf("%+v %+v %+v", there, gone, fresh)
	}
}

func TestMatch_byKeyElseByPlaceWhenNoneIsMissing(t *testing.T) {
	sent := []string{"a", "b"}
	for name, c := range map[string]struct {
		answered [][]string
		want     []int
	}{
		"by key, in any order":         {[][]string{{"b"}, {"a"}}, []int{1, 0}},
		"one answer for two":           {[][]string{{"a", "b"}}, []int{0, 0}},
		"without keys by place":        {[][]string{nil, nil}, []int{0, 1}},
		"without keys, and one lacks":  {[][]string{nil}, []int{-1, -1}},
		"a key that was not sent":      {[][]string{{"c"}, {"b"}}, []int{-1, 1}},
		"no answer at all":             {nil, []int{-1, -1}},
		"one with and one without key": {[][]string{{"a"}, nil}, []int{0, 1}},
	} {
		if d := cmp.Diff(c.want, once.Match(sent, c.answered)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
