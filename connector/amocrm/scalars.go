package amocrm

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	decimal   = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,30})?$`)
	thousands = regexp.MustCompile(`^-?[1-9][0-9]{0,2},[0-9]{3}$`)
	unixTime  = regexp.MustCompile(`^-?[0-9]{5,12}$`)
)

// parseDecimal reads a number as people write it ("1 500,50", "1,500.50") and gives it with a point. "1,500" is refused:
// it means two things.
func parseDecimal(s string) (string, bool) {
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\'', '’':
			return -1
		}
		return r
	}, strings.TrimPrefix(strings.TrimSpace(s), "+"))
	if thousands.MatchString(s) {
		return "", false
	}
	switch point, comma := strings.LastIndex(s, "."), strings.LastIndex(s, ","); {
	case comma > point:
		s = strings.ReplaceAll(s[:comma], ".", "") + "." + s[comma+1:]
	case comma >= 0:
		s = strings.ReplaceAll(s[:point], ",", "") + s[point:]
	}
	return s, decimal.MatchString(s)
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1", "on", "yes", "y":
		return true, true
	case "false", "0", "off", "no", "n":
		return false, true
	}
	return false, false
}

// parseDay gives Unix seconds of the day's midnight in loc. Unix seconds are taken as they are.
func parseDay(s string, loc *time.Location) (int64, bool) {
	if unix, ok := parseUnix(s); ok {
		return unix, true
	}
	for _, layout := range []string{time.DateOnly, "02.01.2006", "02/01/2006", time.RFC3339} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, loc).Unix(), true
		}
	}
	return 0, false
}

// parseMoment gives Unix seconds; a text without a zone is in loc, a day alone is its midnight.
func parseMoment(s string, loc *time.Location) (int64, bool) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.Unix(), true
	}
	for _, layout := range []string{
		"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateTime,
		"02.01.2006 15:04", "02.01.2006 15:04:05",
	} {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			return t.Unix(), true
		}
	}
	return parseDay(s, loc)
}

func parseUnix(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if !unixTime.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
