// Package phone reads phone numbers as people write them: their normal form, whether two are the same, what to search for,
// whether a text is one, and how one is written for a reader who may see all of it or only its end.
//
// It owns the reading of numbers without a country code, the numbering plans (nyaruka/phonenumbers) and the mask. It refuses
// to know tenants, contacts and languages.
//
// Invariants:
//   - There is one reading of a number. What is compared, searched for, stored and shown is read in the same way. Digits
//     within a text are a phone only as they are written there: a missing plus or a wrong prefix is not made up for.
//   - A number is changed or completed only when some numbering plan could hold it; otherwise it stays as it was typed.
//   - A masked number keeps its country code and its last four digits, and cannot be read back without the numbers it may be.
package phone

import (
	"regexp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Bounds of what is a phone and how much of it is searched for (amocrm.md §4.3).
const (
	searchDigits    = 10
	minSearchDigits = 5
	minDigits       = 3
	maxPhoneBytes   = 64
)

// E164 brings a phone into the form "+79991234567". region (ISO 3166, "" = RU) is used for numbers without a country
// code; "8 999…", "7999…" and "+8 999…" are read as people mean them. false: it is no phone number of any country.
func E164(raw, region string) (string, bool) {
	n := parse(raw, region)
	if n == nil {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// Normal returns the form of E164, and what is no number of any country as it was typed.
func Normal(raw, region string) string {
	if n, ok := E164(raw, region); ok {
		return n
	}
	return raw
}

// Plausible reports whether a text can stand as a phone: it has at least three digits (short numbers and extensions
// do) and a bounded length.
func Plausible(raw string) bool {
	return len(Digits(raw)) >= minDigits && len(raw) <= maxPhoneBytes
}

// In reports whether a list holds a number, in whatever form.
func In(list []string, number, region string) bool {
	return slices.ContainsFunc(list, func(p string) bool { return Same(p, number, region) })
}

// Same reports whether two phones are the same line. Numbers that belong to no country's plan (extensions, short
// numbers) are the same only when all their digits are.
func Same(a, b, region string) bool {
	x, okX := E164(a, region)
	y, okY := E164(b, region)
	if okX != okY {
		return false
	}
	if okX {
		return x == y
	}
	d := Digits(a)
	return d != "" && d == Digits(b)
}

// SearchDigits returns what to look for: the last ten digits of the national significant number, so that every way of
// writing the prefix is found. Empty when there are too few digits for a search that means anything.
func SearchDigits(raw, region string) string {
	d := Digits(raw)
	if n := parse(raw, region); n != nil {
		d = phonenumbers.GetNationalSignificantNumber(n)
	}
	if len(d) < minSearchDigits {
		return ""
	}
	if len(d) > searchDigits {
		d = d[len(d)-searchDigits:]
	}
	return d
}

// parse tries the readings of a number in the order of likelihood and takes the first valid one, else the first
// that a numbering plan could hold (numbers reserved for examples are not "valid").
func parse(raw, region string) *phonenumbers.PhoneNumber {
	raw = strings.TrimSpace(raw)
	d := Digits(raw)
	if raw == "" || len(raw) > maxPhoneBytes || len(d) < minSearchDigits {
		return nil
	}
	readings := []string{raw}
	switch {
	case strings.HasPrefix(raw, "+"):
		readings = append(readings, d) // "+8 999…": the plus is a mistake
	case strings.HasPrefix(d, "00"):
		readings = append(readings, "+"+d[2:])
	default:
		readings = append(readings, "+"+d) // "380 67…" written without the plus
	}
	var possible *phonenumbers.PhoneNumber
	for _, r := range readings {
		n := parseAsWritten(r, region)
		if n != nil && phonenumbers.IsValidNumber(n) {
			return n
		}
		if possible == nil {
			possible = n
		}
	}
	return possible
}

// parseAsWritten reads a number that some plan could hold; nil when there is none.
func parseAsWritten(raw, region string) *phonenumbers.PhoneNumber {
	if region == "" {
		region = DefaultRegion
	}
	n, err := phonenumbers.Parse(raw, region)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return nil
	}
	return n
}

// DefaultRegion is where a phone without a country code is read when nothing else is known.
const DefaultRegion = "RU"

// Region returns the first of some ISO 3166-1 alpha-2 codes that has the form of one, else DefaultRegion.
func Region(codes ...string) string {
	for _, code := range codes {
		if code = strings.ToUpper(strings.TrimSpace(code)); len(code) == 2 {
			return code
		}
	}
	return DefaultRegion
}

// Regions returns the calling code of every region that has a numbering plan, by its ISO 3166-1 alpha-2 code.
func Regions() map[string]int {
	regions := map[string]int{}
	for region := range phonenumbers.GetSupportedRegions() {
		regions[region] = phonenumbers.GetCountryCodeForRegion(region)
	}
	return regions
}

// maxDigits is how many digits a number has at most, with its country code.
const maxDigits = 15

// minInternationalDigits is how many digits a number with a country code has at least here.
const minInternationalDigits = 10

var (
	whole = regexp.MustCompile(`^[+\d\s().\-–]{5,}$`)
	// run is what may be a phone in a text: at least seven digits with the separators that people write between them.
	run = regexp.MustCompile(`\+?\(?\d(?:[\s().\x{a0}\x{2010}-\x{2013}-]{0,8}\d){6,}`)
)

// Like reports whether the whole text looks like a phone that can be searched for.
func Like(text string) bool { return whole.MatchString(text) && SearchDigits(text, "") != "" }

// International reports whether the whole text looks like a phone with its country code. Ids of messengers, which are
// digits too, have no plus.
func International(text string) bool {
	n := len(Digits(text))
	return strings.HasPrefix(text, "+") && n >= minInternationalDigits && n <= maxDigits && Like(text)
}

// Replace returns the text with each run of digits that may be a phone replaced. A run may be another number, or hold
// several numbers.
func Replace(text string, replaced func(run string) string) string {
	return run.ReplaceAllStringFunc(text, replaced)
}

// Digits returns the digits of a text.
func Digits(text string) string {
	return strings.Map(func(r rune) rune {
		if isDigit(r) {
			return r
		}
		return -1
	}, text)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
