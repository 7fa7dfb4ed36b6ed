package notify

import (
	"crypto/rand"
	"regexp"
	"strings"
	"time"
	"unicode"

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

// words speak one tenant's language.
type words struct {
	text func(lang, key string, args ...any) string
	lang string
}

// T is a text of the catalogue.
func (w words) T(key string, args ...any) string { return w.text(w.lang, key, args...) }

// text is a message in words.
type text struct {
	Account string // host of the amoCRM account
	Subject string
	Text    string // paragraphs, an empty line between them
}

// write puts a message into words. Each paragraph is a text of its own. account is the amoCRM account's host, public the
// service's address.
func (w words) write(m message, account, public string) text {
	since := m.Since.UTC().Format("2006-01-02 15:04 UTC")
	txt := text{Account: account}
	var body []string
	say := func(key string, args ...any) { body = append(body, w.T(key, args...)) }
	switch m.Event {
	case EventTest:
		txt.Subject = w.T("notice.test.subject")
		say("notice.test.text", "Account", account)
	case EventLoginLost:
		txt.Subject = w.T("notice.login_lost.subject")
		w.held(say, m)
		say("notice.since", "Since", since)
		say("notice.login_lost.todo")
		say("notice.digests")
	case EventFailed:
		txt.Subject = w.T("notice.failed.subject")
		w.failed(say, m)
		say("notice.since", "Since", since)
		if m.Reason != "" {
			say("notice.reason", "Reason", m.Reason)
		}
		say("notice.failed.todo")
		say("notice.digests")
	case EventRemarks:
		txt.Subject = w.T("notice.remarks.subject")
		w.remarks(say, m)
		say("notice.since", "Since", since)
		if m.Reason != "" {
			say("notice.reason", "Reason", m.Reason)
		}
		say("notice.remarks.todo")
		say("notice.digests")
	case EventDigest:
		txt.Subject = w.T("notice.digest.subject")
		if m.Held+m.Failed == 0 {
			txt.Subject = w.T("notice.remarks.subject")
		}
		w.held(say, m)
		w.failed(say, m)
		w.remarks(say, m)
		say("notice.since", "Since", since)
		if m.Held > 0 {
			say("notice.login_lost.todo")
		}
		if m.Failed > 0 {
			say("notice.failed.todo")
		}
		if m.Remarks > 0 {
			say("notice.remarks.todo")
		}
		say("notice.digests")
	case EventRecovered:
		txt.Subject = w.T("notice.recovered.subject")
		if m.HeldOver {
			say("notice.recovered.login")
		}
		if m.FailedOver {
			say("notice.recovered.inbox")
		}
		say("notice.began", "Since", since)
		w.held(say, m)
		w.failed(say, m)
	}
	say("notice.place", "Account", account, "URL", public)
	txt.Text = strings.Join(body, "\n\n")
	return txt
}

func (w words) held(say func(string, ...any), m message) {
	if m.Held > 0 {
		say("notice.count_held", "Count", m.Held)
	}
}

func (w words) failed(say func(string, ...any), m message) {
	if m.Failed > 0 {
		say("notice.count_failed", "Count", m.Failed)
	}
}

func (w words) remarks(say func(string, ...any), m message) {
	if m.Remarks > 0 {
		say("notice.count_remarks", "Count", m.Remarks)
	}
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
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	s = looksQuoted.ReplaceAllString(s, "…")
	s = looksLikeEmail.ReplaceAllString(s, "…")
	s = phone.Replace(s, func(run string) string {
		if len(strings.TrimLeft(run, "+(")) < minPhone {
			return run // an id
		}
		return "…"
	})
	return runes.Shorten(strings.Join(strings.Fields(s), " "), maxReason)
}
