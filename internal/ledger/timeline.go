package ledger

import (
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
func (l Line) end() time.Time {
	if l.Last.IsZero() {
		return l.At
	}
	return l.Last
}

// storedLine is a line as the timeline of a job keeps it.
func (l *stored[P, S, R]) storedLine(tenantID, id string, line Line) string {
	text, mark := l.sealLine(tenantID, id, line.Text)
	if mark == "" {
		return fmt.Sprintf("%d %s", line.At.UnixMilli(), text)
	}
	return fmt.Sprintf("%d|%d|%d|%s %s", line.At.UnixMilli(), max(line.Times, 1), line.end().UnixMilli(), mark, text)
}
