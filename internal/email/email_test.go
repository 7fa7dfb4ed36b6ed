package email

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSame_hostileTable(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/lines/emails.tsv")
	if err != nil {
		t.Fatal(err)
	}
	escapes := strings.NewReplacer(`\n`, "\n", `\u200b`, "\u200b", `\u202a`, "\u202a")
	rows := 0
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		col := strings.Split(line, "\t")
		if len(col) != 4 || col[0] != "same" && col[0] != "other" {
			t.Fatalf("a row is not verdict, value, value, source: %q", line)
		}
		a, b, want := escapes.Replace(col[1]), escapes.Replace(col[2]), col[0] == "same"
		if got, back := Same(a, b), Same(b, a); got != want || back != want {
			t.Errorf("%q (%q) and %q (%q): same %v, turned round %v, want %v (%s)", a, Keys(a), b, Keys(b), got, back, want, col[3])
		}
		for _, typed := range []string{a, b} {
			if !slices.Equal(Keys(strings.Join(Split(typed), ", ")), Keys(typed)) {
				t.Errorf("%q is stored as %q: another address", typed, Split(typed))
			}
		}
	}
	if rows < 40 {
		t.Errorf("only %d pairs", rows)
	}
}

func TestSpellings_haveBothAlphabets(t *testing.T) {
	if got, want := Spellings("Anna@ПОЧТА.рф"), []string{"anna@почта.рф", "anna@xn--80a1acny.xn--p1ai"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got, want := Spellings("Anna@Example.com"), []string{"anna@example.com"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestSplit_isStableForAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune(`aabb.@@,; <>"'/почта-_`))).Draw(t, "text")
		for _, s := range Split(text) {
			if again := Split(s); !slices.Equal(again, []string{s}) {
				t.Fatalf("%q in %q is read again as %q", s, text, again)
			}
			if Valid(s) && Key(Key(s)) != Key(s) {
				t.Fatalf("the form of %q is not stable", s)
			}
		}
	})
}
