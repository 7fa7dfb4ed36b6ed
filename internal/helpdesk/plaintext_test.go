package helpdesk

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlainText_whatAReaderSees(t *testing.T) {
	for source, want := range map[string]string{
		"plain text":                         "plain text",
		"":                                   "",
		"<p>One</p><p>Two<br>Three</p>":      "One\nTwo\nThree",
		"<div>  much   \n white\t</div><hr>": "much\nwhite",
		"<ul><li>a</li><li>b</li></ul>":      "- a\n- b",
		"<ol><li><p>a</p></li><li>\n<ul><li>b</li></ul></li><li></li></ol>c": "- a\n- b\nc",
		"<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>":    "1 2\n3",
		"<b>fat</b><i>ter</i>":                            "fatter",
		"a &lt;b&gt; &amp; c&nbsp;d":                      "a <b> & c d",
		"<script>alert(1)</script>safe<style>p{}</style>": "safe",
		"<head><title>t</title><body>text":                "text",
		"a < b":                                           "a < b",
		"</script>still there</style>":                    "still there",
		`<img src=x onerror=alert(1)><a href="https://example.com">here</a>`:                                            "here (https://example.com)",
		`<a href="https://example.com/">https://www.example.com</a> <a href="mailto:a@example.com?subject=x">write</a>`: "https://www.example.com write (a@example.com)",
		`<a href="mailto:A@example.com">a@example.com</a>, <a href="tel:+79990000001">+7 999 000-00-01</a>`:             "a@example.com, +7 999 000-00-01",
		`<a href="javascript:alert(1)">x</a><a href="#top">y</a><a href="/z">z</a><a>n</a>`:                             "xyzn",
		`<a href="https://example.com/?a=1&amp;b=2"><img src="x.png"></a>`:                                              "https://example.com/?a=1&b=2",
		`<li>see <a href="https://example.com/a">it</a></li>`:                                                           "- see it (https://example.com/a)",
		"<p>Hello</p>&amp;":                           "Hello\n&",
		"&amp;lt;b&amp;gt; once":                      "&lt;b&gt; once",
		"Tom &amp; Jerry &#169; &#x41;":               "Tom & Jerry © A",
		"https://example.com/?a=1&copy=2&lt=3 & more": "https://example.com/?a=1&copy=2&lt=3 & more",
		"I <3 it":                          "I <3 it",
		"x<y@z":                            "x<y@z",
		"Ann <ann@example.com>":            "Ann <ann@example.com>",
		"if a<b and c>d":                   "if a<b and c>d",
		"<no such tag> a <- b <= c":        "<no such tag> a <- b <= c",
		"two  blanks\n\n\tand < lines\r\n": "two  blanks\n\n\tand < lines",
		"an open <!-- stays":               "an open <!-- stays",
		"<!DOCTYPE html><html><body>x<o:p></o:p></body></html>": "x",
		"<B CLASS=\"x\">y</B ><input disabled value=1>":         "y",
		"<b>1 < 2 && 3 > 2</b>":                                 "1 < 2 && 3 > 2",
		"<!-- secret -->seen":                                   "seen",
	} {
		if got := PlainText(source, 100); got != want {
			t.Errorf("%q reads %q, want %q", source, got, want)
		}
	}
	long := PlainText("<p>"+strings.Repeat("ж", 5000), 2000)
	if n := utf8.RuneCountInString(long); n != 2000 || !strings.HasSuffix(long, "ж…") {
		t.Errorf("%d runes, ends in %q", n, long[len(long)-6:])
	}
}

// Neither hostile markup nor much of it takes long.
func TestPlainText_takesHostileTextsInItsStride(t *testing.T) {
	for _, piece := range []string{"<", "<!--", "<a b=\"", "<a b=1 ", "&", "&amp;", "<a href=https://x>", "<li>", "<b", "</a>"} {
		source := strings.Repeat(piece, 100_000/len(piece))
		if got := PlainText(source, 1000); utf8.RuneCountInString(got) > 1000 {
			t.Errorf("%q: %d characters", piece, utf8.RuneCountInString(got))
		}
	}
}

func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"<p>Hello</p>&amp;", "a < b", "<a href='https://x'>y", "<ul><li>a<li>b", "&#0;", "<script>x", "\xff<"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		got := PlainText(source, 500)
		if utf8.RuneCountInString(got) > 500 {
			t.Errorf("%d characters", utf8.RuneCountInString(got))
		}
		if !strings.ContainsAny(source, "<&") && utf8.RuneCountInString(source) <= 500 && got != strings.TrimSpace(source) {
			t.Errorf("%q became %q", source, got)
		}
	})
}
