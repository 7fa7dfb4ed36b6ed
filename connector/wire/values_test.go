package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/wire"
)

func TestTextOf_scalarsOnly(t *testing.T) {
	for _, c := range []struct {
		in   any
		want string
		ok   bool
	}{
		{nil, "", true}, {" x ", "x", true}, {json.Number("1.50"), "1.50", true}, {1e6, "1000000", true}, {1.25, "1.25", true},
		{true, "", false}, {false, "", false}, {[]any{}, "", false}, {map[string]any{}, "", false},
	} {
		if got, ok := wire.TextOf(c.in); got != c.want || ok != c.ok {
			t.Errorf("%#v: %q, %v", c.in, got, ok)
		}
	}
}

func TestFlagOf_valuesTextsAndNumbers(t *testing.T) {
	for _, c := range []struct {
		in         any
		set, known bool
	}{
		{true, true, true}, {false, false, true}, {"true", true, true}, {" TRUE ", true, true}, {"1", true, true}, {json.Number("1"), true, true},
		{2.0, true, true}, {"False", false, true}, {"0", false, true}, {json.Number("0.0"), false, true},
		{"yes", false, false}, {"", false, false}, {nil, false, false}, {"NaN", false, false}, {[]any{}, false, false},
	} {
		if set, known := wire.FlagOf(c.in); set != c.set || known != c.known {
			t.Errorf("%#v: %v, %v", c.in, set, known)
		}
	}
}

func TestListOf_listsAndWhatPHPMakesOfThem(t *testing.T) {
	for _, c := range []struct {
		in   any
		want []any
		ok   bool
	}{
		{nil, nil, true}, {"", nil, true}, {[]any{"a", nil}, []any{"a", nil}, true},
		{map[string]any{"10": "c", "2": "b", "-1": "a"}, []any{"a", "b", "c"}, true},
		{map[string]any{}, []any{}, false}, {map[string]any{"0": "a", "b": "c"}, []any{}, false}, {"a", nil, false}, {true, nil, false},
	} {
		got, ok := wire.ListOf(c.in)
		if d := cmp.Diff(c.want, got); ok != c.ok || ok && d != "" {
			t.Errorf("%#v: %v %s", c.in, ok, d)
		}
	}
}

func TestParseInt_whatAFloatCanHold(t *testing.T) {
	for text, want := range map[string]int64{"5": 5, "-5": -5, "5.0": 5, "1e3": 1000, "9007199254740993": 9007199254740993, "9007199254740992.0": 1 << 53} {
		if got, ok := wire.ParseInt(text); got != want || !ok {
			t.Errorf("%s: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "x", "5.5", "1e17", "1e400", "Inf", "99999999999999999999", " 5"} {
		if got, ok := wire.ParseInt(text); ok {
			t.Errorf("%q became %d", text, got)
		}
	}
}
