package usedesk

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCleanHTML_keepsTextAndDropsTricks(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"plain":     {"a < b & c", "a &lt; b &amp; c"},
		"tags":      {"<p>x <b>y</b><br>z</p>", "<p>x <b>y</b><br>z</p>"},
		"script":    {"a<script>alert(1)</script>b", "ab"},
		"unclosed":  {"<b><i>x", "<b><i>x</i></b>"},
		"stray":     {"x</div></p>", "x"},
		"crossed":   {"<b><i>x</b>y</i>", "<b><i>x</i></b>y"},
		"img":       {"<img src=x onerror=alert(1)>t", "t"},
		"attribute": {`<p onclick="x" style="y" dir="rtl">t</p>`, `<p dir="rtl">t</p>`},
		"badLink":   {`<a href="javascript:alert(1)">t</a>`, "<a>t</a>"},
		"goodLink":  {`<a href="https://e.example.com/?a=1&b=2">t</a>`, `<a href="https://e.example.com/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">t</a>`},
		"openStyle": {"<style>body{}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(cleanHTML(tc.in)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestCleanHTML_neverLetsAHandlerThrough(t *testing.T) {
	piece := rapid.SampledFrom([]string{"<", ">", "script", "<script>", "</script>", " onerror=x", "<img", "<a href=", "javascript:", `"`, "'", "<b>", "</b>", "<svg/", "x"})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
		out := string(cleanHTML(in))
		for _, bad := range []string{"<script", "<img", "<svg", `href="javascript`} {
			if strings.Contains(strings.ToLower(out), bad) {
				t.Fatalf("%q became %q", in, out)
			}
		}
	})
}

func TestInitials(t *testing.T) {
	initials := pageFuncs["initials"].(func(string) string)
	for name, want := range map[string]string{"Ирина Соколова": "ИС", "": "?", "🦄 ✨": "?", "  x ": "X", "a b c": "AB", "<b>Bold": "B"} {
		if got := initials(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
