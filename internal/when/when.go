// Package when reads dates and times as helpdesks, form builders and people write them: ISO 8601, RFC 822, 850 and 1123,
// days and months in numbers and in six languages, Unix seconds to nanoseconds. It knows nothing of fields and CRMs.
//
// Invariant: what could be two days is an error, never a guess. Where 03.04. and 04.03. are both possible, the order of the
// account decides (Calendar.Order); without it only points decide, because nobody who writes them puts the month first.
package when

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Order is the order in which an account writes day and month in numbers.
type Order int

// Orders. Unknown decides nothing.
const (
	Unknown Order = iota
	DayFirst
	MonthFirst
)

// OrderOf returns the order of an account from its date format in PHP's letters ("d.m.Y", "m/d/Y"), else from its country
// (ISO 3166).
func OrderOf(format, country string) Order {
	day, month := strings.IndexAny(format, "dj"), strings.IndexAny(format, "mnMF")
	switch {
	case day >= 0 && month >= 0 && day < month:
		return DayFirst
	case day >= 0 && month >= 0 && strings.IndexAny(format, "Yyo") > day:
		return MonthFirst
	}
	switch strings.ToUpper(strings.TrimSpace(country)) {
	case "US", "PH", "PR", "GU", "FM", "MH", "PW":
		return MonthFirst
	case "", "CA", "ZA", "KE", "GH", "CN", "JP", "KR", "TW", "HU", "LT", "MN": // both are in use, or the year comes first
		return Unknown
	}
	return DayFirst
}

// Calendar is what an account's dates are read with. A nil Zone is UTC.
type Calendar struct {
	Zone  *time.Location
	Order Order
}

// Reason is why a text is no date.
type Reason string

// Reasons.
const (
	NoDate     Reason = "no_date"    // no form that is known here
	NoYear     Reason = "no_year"    // a day and a month only
	Ambiguous  Reason = "ambiguous"  // day and month could be either
	Impossible Reason = "impossible" // there is no such day or time, or it has another weekday
)

// Error is a text that is no certain date.
type Error struct{ Reason Reason }

func (e *Error) Error() string {
	return map[Reason]string{NoDate: "not a date", NoYear: "a date without a year", Ambiguous: "day and month could be either",
		Impossible: "there is no such day or time"}[e.Reason]
}

// Years that a date may have. A year outside of them is a slip.
const (
	minYear = 1800
	maxYear = 2199
)

// Moment returns the Unix seconds of a time. Without a zone it is the account's; a day alone is its midnight. An hour that
// the zone skips counts as if the clock had not been put forward; of an hour that comes twice the first is meant.
func (c Calendar) Moment(text string) (int64, error) {
	if unix, ok := unixOf(text); ok {
		return c.plausible(unix)
	}
	s, err := c.read(text)
	if err != nil {
		return 0, err
	}
	return s.unix(c.zone()), nil
}

// Day returns the Unix seconds of a day's midnight in the account's zone. Of a time with a zone it is the account's day,
// unless that time is a midnight, as programs write days. Unix seconds are taken as they are.
func (c Calendar) Day(text string) (int64, error) { return c.day(text, false) }

// Birthday is Day for a day that is past: a year of two digits is the last such year.
func (c Calendar) Birthday(text string) (int64, error) { return c.day(text, true) }

func (c Calendar) day(text string, past bool) (int64, error) {
	if unix, ok := unixOf(text); ok {
		return c.plausible(unix)
	}
	s, err := c.read(text)
	if err != nil {
		return 0, err
	}
	if thisYear := time.Now().In(c.zone()).Year(); past && s.shortYear {
		for s.year = s.year%100 + 2100; s.year > thisYear; {
			s.year -= 100
		}
	}
	if err := s.checkDay(); err != nil {
		return 0, err
	}
	if s.zone != nil && s.clock != 0 {
		at := time.Unix(s.unix(c.zone()), 0).In(c.zone())
		s.year, s.month, s.day = at.Year(), int(at.Month()), at.Day()
	}
	s.clock, s.zone = 0, nil
	return s.unix(c.zone()), nil
}

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// earlyUnix is the Unix time, in March 1973, before which a number is a time only when it is a midnight of the account's zone or
// of UTC: any other such number is a spreadsheet's day, a date without marks (30112026), or nothing of the kind.
const earlyUnix = 1e8

func (c Calendar) plausible(unix int64) (int64, error) {
	h, m, s := time.Unix(unix, 0).In(c.zone()).Clock()
	if unix > 0 && unix < earlyUnix && unix%86400 != 0 && h+m+s != 0 {
		return 0, &Error{NoDate}
	}
	return unix, nil
}

var (
	unixForm = regexp.MustCompile(`^(-?[0-9]{5,19})(\.[0-9]+)?$`)
	dotNet   = regexp.MustCompile(`^/Date\((-?[0-9]{5,19})([+-][0-9]{4})?\)/$`)
)

// unixOf reads Unix seconds, milliseconds, microseconds or nanoseconds, told apart by their size: seconds from the year 2286
// on are milliseconds. Eight digits that are a day (20261130) are no Unix time.
func unixOf(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	m := unixForm.FindStringSubmatch(text)
	if m == nil {
		m = dotNet.FindStringSubmatch(text)
	}
	if m == nil || compactDay(m[1]) {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, false
	}
	for n >= 1e10 || n <= -1e10 {
		n = (n - (n%1000+1000)%1000) / 1000 // rounds down, also before 1970
	}
	return n, true
}

// compactDay reports eight digits that are year, month and day.
func compactDay(s string) bool {
	t, err := time.Parse("20060102", s)
	return err == nil && t.Year() >= minYear && t.Year() <= maxYear
}

// stamp is a date with a time as it was written.
type stamp struct {
	year, month, day int
	shortYear        bool           // the year had two digits
	clock            int            // seconds since midnight
	zone             *time.Location // nil when none was written
	weekday          time.Weekday   // when hasWeekday
	hasWeekday       bool
}

// checkDay reports what can't be a day.
func (s stamp) checkDay() error {
	t := time.Date(s.year, time.Month(s.month), s.day, 0, 0, 0, 0, time.UTC)
	if s.year < minYear || s.year > maxYear || s.month < 1 || s.month > 12 || t.Day() != s.day || int(t.Month()) != s.month ||
		s.hasWeekday && !s.shortYear && t.Weekday() != s.weekday {
		return &Error{Impossible}
	}
	return nil
}

// unix returns the Unix seconds of a stamp, in zone when it names none. The zone's offset before a change of the clocks
// decides: it gives the first of two equal hours, and moves an hour that is skipped behind the gap.
func (s stamp) unix(zone *time.Location) int64 {
	if s.zone != nil {
		zone = s.zone
	}
	utc := time.Date(s.year, time.Month(s.month), s.day, 0, 0, s.clock, 0, time.UTC)
	offset := func(days int) int64 {
		at := utc.AddDate(0, 0, days)
		_, seconds := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone).Zone()
		return int64(seconds)
	}
	before, after := utc.Unix()-offset(-1), utc.Unix()-offset(1)
	for _, unix := range []int64{before, after} {
		if _, seconds := time.Unix(unix, 0).In(zone).Zone(); unix+int64(seconds) == utc.Unix() {
			return unix
		}
	}
	return before
}

// fold writes a text in one way: small letters, plain spaces, dashes and apostrophes, no invisible characters.
func fold(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		case strings.ContainsRune("‐‑‒–—−", r):
			return '-'
		case strings.ContainsRune("’‘ʼʻ`´", r):
			return '\''
		}
		return unicode.ToLower(r)
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
