package rules

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/internal/ledger"
)

// The helpdesk fills rules with the HTML of its messages: the note is what a reader sees of it. What is no markup stays as it
// is, and so do the words that a client put into a place of ours.
func TestWork_htmlOfACommentBecomesPlainText(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string]string{
		"<p>Hello</p>&amp;":                              "Hello\n&",
		"<ul><li>one</li><li>two</li></ul>":              "- one\n- two",
		`<a href="https://example.com/1">order</a><br>x`: "order (https://example.com/1)\nx",
		"a < b, I <3 it,\n\nx<y@z":                       "a < b, I <3 it,\n\nx<y@z",
		"<b>From</b> {{client.name}}":                    "From <i>Ann</i> &amp; Co",
	} {
		t.Run(comment, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.desk.add(101, 55, "<i>Ann</i> &amp; Co", "+79990000001")
			r := published(101)
			r.Comment = comment
			e := h.accept(r)
			h.oneHaul()
			_, notes, _ := h.crm.snapshot()
			if len(notes) != 1 || fmt.Sprint(notes[0]["params"].(obj)["text"]) != want || h.get(e.ID).State != ledger.StateDone {
				t.Errorf("%v, want %q", notes, want)
			}
		})
	}
}
