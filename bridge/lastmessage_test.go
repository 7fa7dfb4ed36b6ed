package bridge

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sidecard/sidecard/connector/usedesk"
)

func TestLastMessage_theClientsOwnAndNewest(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 21, 10, minute, 0, 0, time.UTC) }
	ticket := usedesk.Ticket{Comments: []usedesk.Comment{
		{From: "client", Type: "public", Message: "<p>First</p>", PublishedAt: at(1)},
		{From: "client", Type: "public", Message: "<p>Second &amp; last</p>", PublishedAt: at(5)},
		{From: "client", Type: "public", Message: "<p>Out of order</p>", PublishedAt: at(3)},
		{From: "client", Type: "private", Message: "hidden", PublishedAt: at(7)},
		{From: "user", Type: "public", Message: "the agent's answer", PublishedAt: at(8)},
		{From: "trigger", Type: "public", Message: "a rule's answer", PublishedAt: at(9)},
		{From: "client", Type: "public", Message: "  ", PublishedAt: at(10)},
	}}
	if got := LastMessage(ticket); got != "Second & last" {
		t.Errorf("%q", got)
	}
	if got := LastMessage(usedesk.Ticket{Comments: []usedesk.Comment{{From: "user", Message: "hello"}}}); got != "" {
		t.Errorf("an agent's words: %q", got)
	}
	undated := usedesk.Ticket{Comments: []usedesk.Comment{{From: "client", Message: "one"}, {From: "client", Message: "two"}}}
	if got := LastMessage(undated); got != "two" {
		t.Errorf("without times the last one counts: %q", got)
	}
}

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
