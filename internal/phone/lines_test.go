package phone

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

// pair is a row of testdata/lines/phones.tsv.
type pair struct {
	same         bool
	region, a, b string
	source       string
}

func pairs(t *testing.T) []pair {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/lines/phones.tsv")
	if err != nil {
		t.Fatal(err)
	}
	escapes := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\u00a0`, "\u00a0", `\u2011`, "\u2011", `\u202a`, "\u202a", `\u202c`, "\u202c",
		`\ufeff`, "\ufeff", `\u200b`, "\u200b", `\u00ad`, "\u00ad")
	var out []pair
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		col := strings.Split(line, "\t")
		if len(col) != 5 || col[0] != "same" && col[0] != "other" {
			t.Fatalf("a row is not verdict, region, value, value, source: %q", line)
		}
		out = append(out, pair{col[0] == "same", col[1], escapes.Replace(col[2]), escapes.Replace(col[3]), col[4]})
	}
	return out
}

func TestSame_hostileTable(t *testing.T) {
	list := pairs(t)
	if len(list) < 150 {
		t.Errorf("only %d pairs", len(list))
	}
	for _, p := range list {
		if got, back := Same(p.a, p.b, p.region), Same(p.b, p.a, p.region); got != p.same || back != p.same {
			t.Errorf("%s: %q (%v) and %q (%v): same %v, turned round %v, want %v (%s)",
				p.region, p.a, Keys(p.a, p.region), p.b, Keys(p.b, p.region), got, back, p.same, p.source)
		}
	}
}

func TestSplit_isStableAndKeepsWhatWasTyped(t *testing.T) {
	for _, p := range pairs(t) {
		for _, typed := range []string{p.a, p.b} {
			once := Split(typed, p.region)
			var twice []string
			for _, s := range once {
				twice = append(twice, Split(s, p.region)...)
			}
			if !slices.Equal(once, twice) {
				t.Errorf("%q: %q, read again %q", typed, once, twice)
			}
			if !Same(strings.Join(once, ";"), typed, p.region) && len(Keys(typed, p.region)) > 0 {
				t.Errorf("%q is stored as %q: another line", typed, once)
			}
			for _, n := range Read(typed, p.region) {
				if !n.Certain && !slices.Contains(once, typed) {
					t.Errorf("%q is not certain and stored as %q", typed, once)
				}
			}
		}
	}
}

// Two lines of one plan are two, however their numbers are read.
func TestKeys_examplesOfThePlansStayApart(t *testing.T) {
	seen := map[string]string{}
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil || !phonenumbers.IsValidNumber(n) {
				continue
			}
			want := e164(n)
			for _, written := range []string{
				phonenumbers.Format(n, phonenumbers.E164), phonenumbers.Format(n, phonenumbers.INTERNATIONAL), phonenumbers.Format(n, phonenumbers.RFC3966),
			} {
				for _, reader := range []string{"RU", region} {
					if got := Keys(written, reader); !slices.Equal(got, []string{want}) {
						t.Errorf("%s in %s: %q is read as %v, want %s", region, reader, written, got, want)
					}
				}
			}
			// Within its country it is that number, or one that is not certain: its digits are fewer.
			within := phonenumbers.Format(n, phonenumbers.NATIONAL)
			for _, got := range Keys(within, region) {
				if got != want && len(got) >= len(want) {
					t.Errorf("%s: %q is read as %s, another line than %s", region, within, got, want)
				}
			}
			seen[want] = region
		}
	}
	if len(seen) < 500 {
		t.Errorf("only %d examples", len(seen))
	}
}

func TestRead_anyText(t *testing.T) {
	regions := slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
	rapid.Check(t, func(t *rapid.T) {
		region := rapid.SampledFrom(regions).Draw(t, "region")
		text := rapid.StringOf(rapid.SampledFrom([]rune("0123456789012345678901234567890123456789+()-.,;/# xдоб٣７\u200b"))).Draw(t, "text")
		stored := Split(text, region)
		var again []string
		for _, s := range stored {
			again = append(again, Split(s, region)...)
		}
		if !slices.Equal(stored, again) {
			t.Fatalf("%q in %s is stored as %q, and that as %q", text, region, stored, again)
		}
		for _, n := range Read(text, region) {
			if n.Digits == "" || len(n.Digits) > maxRead || strings.Trim(n.Digits, "0123456789") != "" {
				t.Fatalf("%q: %+v", text, n)
			}
		}
	})
}
