package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of a timeline.
const (
	maxLines   = 60 // kept
	linesFirst = 10 // that stay when there are more: how it began
	linesBack  = 8  // among which a line that is said again is looked for
)

// readLines reads a job's timeline as say has written it, and puts in what was left out.
func (l *stored[P, S, R]) readLines(e Job[P, S, R], raw []string) ([]Line, error) {
	out := make([]Line, 0, len(raw)+1)
	for _, r := range raw {
		head, stored, _ := strings.Cut(r, " ")
		text, err := l.openText(stored, l.lineKey(e.Tenant, e.ID))
		if err != nil {
			return nil, err
		}
		line := Line{Text: text}
		parts := strings.Split(head, "|")
		line.At = millis(parts[0])
		if len(parts) == 4 { // else it was said once, and can't be said again
			if n, err := strconv.Atoi(parts[1]); err == nil && n > 1 {
				line.Times, line.Last = n, millis(parts[2])
			}
		}
		out = append(out, line)
	}
	if e.State == StateAccepted && len(out) > 0 && !e.DueAt.IsZero() {
		newest := 0
		for i := range out {
			if !out[i].end().Before(out[newest].end()) {
				newest = i
			}
		}
		if code, _, _ := out[newest].Text.Head(); code == codeWaits {
			out[newest].Next = e.DueAt
		}
	}
	if e.cut > 0 && len(out) > linesFirst {
		gap := Line{At: out[linesFirst-1].At, Text: Because(codeLeftOut, e.cut, ""), LeftOut: e.cut}
		out = slices.Insert(out, linesFirst, gap)
	}
	return out, nil
}

// end is when a line was said last.
func (l Line) end() time.Time { return cmp.Or(l.Last, l.At) }

// storedLine is a line as the timeline of a job keeps it.
func (l *stored[P, S, R]) storedLine(tenantID, id string, line Line) string {
	text, mark := l.sealLine(tenantID, id, line.Text)
	if mark == "" {
		return fmt.Sprintf("%d %s", line.At.UnixMilli(), text)
	}
	return fmt.Sprintf("%d|%d|%d|%s %s", line.At.UnixMilli(), max(line.Times, 1), line.end().UnixMilli(), mark, text)
}

// Reason is a sentence about a job, as it is stored: "=" and codes, the more general one first, each with the number or id that
// belongs to it, then words of somebody else behind a bar, if there are any, as in
// "=failed gave_up:10 crm_down cause_answer:500|Internal Server Error". Anything else is words alone: jobs of form 2 and older
// hold English sentences. Its words in a language are found by the codes where it is shown.
type Reason string

// Reasons of the ledger's own; the scripts have some of them, too.
const (
	WhyBehind Reason = "=behind" // another job of its order
	whyLoop   Reason = "=loop"   // it stands for further ones of its order

	textAccepted Reason = "=accepted"
	textRetried  Reason = "=retried"
	textMoved    Reason = "=moved"

	codeDropped = "dropped"
	codeLeftOut = "left_out"
	codeWaits   = "waits"
)

// Because returns a reason by its code and number, "" for none. rest is a reason of its own, or words.
func Because(code string, n any, rest Reason) Reason {
	head := "=" + code
	if text := fmt.Sprint(n); text != "" {
		head += ":" + text
	}
	switch more, coded := strings.CutPrefix(string(rest), "="); {
	case rest == "":
		return Reason(head)
	case coded:
		return Reason(head + " " + more)
	}
	return Reason(head + "|" + string(rest))
}

// InWords returns a reason in somebody's words.
func InWords(text string) Reason {
	if strings.HasPrefix(text, "=") {
		return Reason("=|" + text)
	}
	return Reason(text)
}

// Head returns the first code of a reason with its number or id, and what follows it. Without a code, rest is words.
func (r Reason) Head() (code, n string, rest Reason) {
	all, coded := strings.CutPrefix(string(r), "=")
	if !coded {
		return "", "", r
	}
	codes, own, has := strings.Cut(all, "|")
	first, more, _ := strings.Cut(codes, " ")
	code, n, _ = strings.Cut(first, ":")
	switch {
	case code == "":
		return "", "", Reason(own)
	case more != "" && has:
		return code, n, Reason("=" + more + "|" + own)
	case more != "":
		return code, n, Reason("=" + more)
	}
	return code, n, InWords(own)
}

// wordless reports whether a reason holds no words of anybody.
func (r Reason) wordless() bool { return r == "" || r[0] == '=' && !strings.Contains(string(r), "|") }

// codes are a reason's codes in one word: the same for reasons that differ in words alone.
func (r Reason) codes() string {
	codes, _, _ := strings.Cut(string(r[1:]), "|")
	return strings.ReplaceAll(codes, " ", ".")
}
