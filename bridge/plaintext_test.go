package bridge

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
		"<ul><li>a</li><li>b</li></ul>":      "a\nb",
		"<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>": "1 2\n3",
		"<b>fat</b><i>ter</i>":                            "fatter",
		"a &lt;b&gt; &amp; c&nbsp;d":                      "a <b> & c d",
		"<script>alert(1)</script>safe<style>p{}</style>": "safe",
		"<head><title>t</title><body>text":                "text",
		"a < b":                                           "a < b",
		"</script>still there</style>":                    "still there",
		`<img src=x onerror=alert(1)><a href="https://example.com">here</a>`: "here",
		"<!-- secret -->seen": "seen",
	} {
		if got := PlainText(source, 100); got != want {
			t.Errorf("%q reads %q, want %q", source, got, want)
		}
	}
	long := PlainText("<p>"+strings.Repeat("ж", 5000), MaxMessageRunes)
	if n := utf8.RuneCountInString(long); n != MaxMessageRunes || !strings.HasSuffix(long, "ж…") {
		t.Errorf("%d runes, ends in %q", n, long[len(long)-6:])
	}
}
