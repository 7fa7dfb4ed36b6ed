package when

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

const half = ` ?(am|pm|a\. ?m\.?|p\. ?m\.?)`

var (
	compact = regexp.MustCompile(`^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)?(.*)$`)
	// clockForms are how a time of day is written: 14:05, 14:05:09.123, 2:05 pm; 2 pm; 14h05, 14h.
	clockForms = []*regexp.Regexp{
		regexp.MustCompile(`(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?:` + half + `)?`),
		regexp.MustCompile(`(\d{1,2})()()` + half),
		regexp.MustCompile(`(\d{1,2}) ?h(?:rs?|s)?(\d\d)?()()`),
	}
	offsetForm = regexp.MustCompile(`^ ?(gmt|utc|ut)? ?([+-])(\d{1,2})(?::?(\d\d))?`)
	zoneName   = regexp.MustCompile(`^ ?([a-z]+)`)
	// zoneRemark is what may follow an offset and adds nothing to it: "(Moscow Standard Time)", "MSK".
	zoneRemark = regexp.MustCompile(`^ ?(\([^()]*\)|[a-z]{2,5})$`)
)

// mailZones are the zones that RFC 822 names, in hours.
var mailZones = map[string]int{"z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}

// takeClock cuts the time of day out of a text. found is false when there is none.
func takeClock(text string) (rest, behind string, clock int, found bool, err error) {
	for _, form := range clockForms {
		at := form.FindStringSubmatchIndex(text)
		if at == nil || at[0] > 0 && isDigit(text[at[0]-1]) || at[1] < len(text) && isWordByte(text[at[1]-1]) && isWordByte(text[at[1]]) && !zoneFollows(text[at[1]:]) {
			continue
		}
		part := func(i int) int {
			if at[2*i] < 0 {
				return 0
			}
			n, _ := strconv.Atoi(text[at[2*i]:at[2*i+1]]) // digits, or nothing, which is 0
			return n
		}
		hour, minute, second := part(1), part(2), part(3)
		if at[8] >= 0 && at[8] < at[9] {
			if hour, err = halfDay(hour, text[at[8]] == 'p'); err != nil {
				return "", "", 0, false, err
			}
		}
		if hour > 24 || minute > 59 || second > 59 || hour == 24 && minute+second > 0 {
			return "", "", 0, false, &Error{Impossible}
		}
		before := text[:at[0]]
		if n := len(before); n > 1 && before[n-1] == 't' && isDigit(before[n-2]) {
			before = before[:n-1]
		}
		return before, text[at[1]:], hour*3600 + minute*60 + second, true, nil
	}
	return text, "", 0, false, nil
}

// halfDay returns the hour of a twelve-hour clock. 14 pm is 14, as some write it; 14 am is nothing.
func halfDay(hour int, afternoon bool) (int, error) {
	switch {
	case hour > 12 && !afternoon:
		return 0, &Error{Impossible}
	case hour == 12 && !afternoon:
		return 0, nil
	case hour < 12 && afternoon:
		return hour + 12, nil
	}
	return hour, nil
}

// takeZone cuts the zone out of what stands behind a time of day; nil when there is none. An offset of one or two digits
// counts only at the end or behind "GMT": elsewhere it may be a day.
func takeZone(behind string, account *time.Location) (rest string, zone *time.Location) {
	if m := offsetForm.FindStringSubmatch(behind); m != nil {
		rest := zoneRemark.ReplaceAllString(behind[len(m[0]):], "")
		hours, _ := strconv.Atoi(m[3])
		minutes, _ := strconv.Atoi(m[4]) // "" is 0
		apart := rest == "" || rest[0] == ' '
		if apart && hours <= 14 && minutes < 60 && (rest == "" || m[1] != "" || m[4] != "") {
			seconds := hours*3600 + minutes*60
			if m[2] == "-" {
				seconds = -seconds
			}
			return rest, time.FixedZone("", seconds)
		}
	}
	if m := zoneName.FindStringSubmatch(behind); m != nil {
		rest := behind[len(m[0]):]
		if isAbbreviation(m[1], account) {
			return rest, account
		}
		if hours, ok := mailZones[m[1]]; ok {
			return rest, time.FixedZone("", hours*3600)
		}
	}
	return behind, nil
}

// zoneFollows reports a zone's name right behind a time of day: 14:05z.
func zoneFollows(text string) bool {
	m := zoneName.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	_, ok := mailZones[m[1]]
	return ok
}

// isAbbreviation reports a short name of the account's own zone, in summer or in winter.
func isAbbreviation(name string, account *time.Location) bool {
	for _, month := range []time.Month{time.January, time.July} {
		if short, _ := time.Date(2026, month, 1, 0, 0, 0, 0, account).Zone(); strings.EqualFold(short, name) {
			return true
		}
	}
	return false
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isWordByte reports a byte of a letter or digit.
func isWordByte(b byte) bool { return isDigit(b) || b >= 'a' && b <= 'z' || b >= 0x80 }
