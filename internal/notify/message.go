package notify

import (
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/runes"
)

// message is what is said, apart from its words: these are put together when it is sent.
type message struct {
	ID         string    `json:"id"`
	Event      Event     `json:"event"`
	At         time.Time `json:"at"`
	Since      time.Time `json:"since"`
	Failed     int       `json:"failed"`
	Held       int       `json:"held"`
	Remarks    int       `json:"remarks,omitempty"`
	Reason     string    `json:"reason,omitempty"` // of the first failure
	HeldOver   bool      `json:"held_over,omitempty"`
	FailedOver bool      `json:"failed_over,omitempty"`
}

func newID() string { return strings.ToLower(rand.Text()) }

// text is a message in words.
type text struct {
	Account string // host of the amoCRM account
	Subject string
	Text    string // paragraphs, an empty line between them
}

// matters are what messages are about: which tell how much there is of each, and the texts that say so and what to do.
var matters = []struct {
	events        []Event
	count         func(message) int
	counted, todo string
}{
	{[]Event{EventLoginLost, EventDigest, EventRecovered}, func(m message) int { return m.Held }, "notice.count_held", "notice.login_lost.todo"},
	{[]Event{EventFailed, EventDigest, EventRecovered}, func(m message) int { return m.Failed }, "notice.count_failed", "notice.failed.todo"},
	{[]Event{EventRemarks, EventDigest}, func(m message) int { return m.Remarks }, "notice.count_remarks", "notice.remarks.todo"},
}

// write puts a message into words; t is the catalogue. Each paragraph is a text of its own. account is the amoCRM account's host,
// public the service's address.
func (m message) write(t func(key string, args ...any) string, account, public string) text {
	since := m.Since.UTC().Format("2006-01-02 15:04 UTC")
	var body, todo []string
	say := func(key string, args ...any) { body = append(body, t(key, args...)) }
	count := func() {
		for _, x := range matters {
			if n := x.count(m); n > 0 && slices.Contains(x.events, m.Event) {
				say(x.counted, "Count", n)
				todo = append(todo, x.todo)
			}
		}
	}
	switch m.Event {
	case EventTest:
		say("notice.test.text", "Account", account)
	case EventRecovered:
		if m.HeldOver {
			say("notice.recovered.login")
		}
		if m.FailedOver {
			say("notice.recovered.inbox")
		}
		say("notice.began", "Since", since)
		count()
	default:
		count()
		say("notice.since", "Since", since)
		if m.Reason != "" {
			say("notice.reason", "Reason", m.Reason)
		}
		for _, key := range append(todo, "notice.digests") {
			say(key)
		}
	}
	say("notice.place", "Account", account, "URL", public)
	subject := m.Event
	if subject == EventDigest && m.Held+m.Failed == 0 {
		subject = EventRemarks
	}
	return text{Account: account, Subject: t("notice." + string(subject) + ".subject"), Text: strings.Join(body, "\n\n")}
}

const (
	maxReason = 300 // characters
	minPhone  = 9   // characters of a phone, with what stands between its digits
)

// A CRM's refusal may quote what it refuses.
var (
	looksLikeEmail = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)
	looksQuoted    = regexp.MustCompile(`"[^"]*"|«[^»]*»|“[^”]*”`)
)

// plain brings a reason to one bounded line without what may be a client's.
func plain(s string) string {
	s = runes.OneLine(s)
	s = looksQuoted.ReplaceAllString(s, "…")
	s = looksLikeEmail.ReplaceAllString(s, "…")
	s = phone.Replace(s, func(run string) string {
		if len(strings.TrimLeft(run, "+(")) < minPhone {
			return run // an id
		}
		return "…"
	})
	return runes.Shorten(s, maxReason)
}
