// Package phone reads phone numbers as people write them: their normal form, whether two are the same, what to search for,
// whether a text is one, and how one is written for a reader who may see all of it or only its end.
//
// It owns the reading of numbers without a country code, the numbering plans (nyaruka/phonenumbers) and the mask. It refuses
// to know tenants, contacts and languages.
//
// Invariants:
//   - There is one reading of a number. What is compared, searched for, stored and shown is read in the same way. Digits
//     within a text are a phone only as they are written there: a missing plus or a wrong prefix is not made up for.
//   - A number is changed or completed only when the result is a number of a plan and no other reading is; otherwise it stays as
//     it was typed, and is compared digit by digit.
//   - Two valid numbers of a plan are never one.
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

// E164 brings a text that is one phone number into the form "+79991234567", without its extension. region (ISO 3166, "" = RU) is
// used for numbers without a country code; "8 999…", "7999…" and "+8 999…" are read as people mean them. false: it is none, or
// can be read in several ways.
func E164(raw, region string) (string, bool) {
	if n, ok := only(raw, region); ok {
		return "+" + n.Digits, true
	}
	return "", false
}

// only returns the number that a text is.
func only(raw, region string) (Number, bool) {
	if list := Read(raw, region); len(list) == 1 && list[0].Certain && list[0].whole {
		return list[0], true
	}
	return Number{}, false
}

// Normal returns a number as it is stored: in the form of E164 with its extension, and what is not surely one number as it was
// typed.
func Normal(raw, region string) string {
	if n, ok := only(raw, region); ok {
		return n.stored()
	}
	return raw
}

func (n Number) stored() string { return "+" + n.Digits + n.Tail }

// Value is what a text holds: one number, or with anything else in it the text as it was typed.
type Value struct {
	Stored  string   // as it is stored
	Digits  []string // by which its numbers are compared and indexed, each once
	Certain bool
}

// Values returns the numbers of a text as values of their own. A text with anything else in it is one value.
func Values(raw, region string) []Value {
	var out []Value
	whole := Value{Stored: raw, Certain: true}
	alone := true
	for _, n := range Read(raw, region) {
		alone, whole.Certain = alone && n.Certain && n.whole, whole.Certain && n.Certain
		if !slices.Contains(whole.Digits, n.Digits) {
			whole.Digits = append(whole.Digits, n.Digits)
		}
		if s := n.stored(); !slices.ContainsFunc(out, func(v Value) bool { return v.Stored == s }) {
			out = append(out, Value{s, []string{n.Digits}, true})
		}
	}
	if len(out) == 0 || !alone {
		whole.Certain = whole.Certain && len(out) > 0
		return []Value{whole}
	}
	return out
}

// Split returns what a text is stored as.
func Split(raw, region string) []string {
	var out []string
	for _, v := range Values(raw, region) {
		out = append(out, v.Stored)
	}
	return out
}

// Keys are the digits by which the numbers of a text are compared and indexed, each once.
func Keys(raw, region string) []string {
	var out []string
	for _, n := range Read(raw, region) {
		if !slices.Contains(out, n.Digits) {
			out = append(out, n.Digits)
		}
	}
	return out
}

// Certain reports whether all numbers of a text can be read in one way only: what is found by them is all there is.
func Certain(raw, region string) bool {
	list := Read(raw, region)
	return len(list) > 0 && !slices.ContainsFunc(list, func(n Number) bool { return !n.Certain })
}

// Plausible reports whether a text can stand as a phone: it has at least three digits (short numbers and extensions
// do) and a bounded length.
func Plausible(raw string) bool {
	return len(Digits(clean(raw))) >= minDigits && len(raw) <= maxPhoneBytes
}

// In reports whether a list holds a number, in whatever form.
func In(list []string, number, region string) bool {
	return slices.ContainsFunc(list, func(p string) bool { return Same(p, number, region) })
}

// Same reports whether two texts have a line in common. Numbers that belong to no country's plan (extensions, short
// numbers) are the same only when all their digits are.
func Same(a, b, region string) bool {
	have := compared(a, region)
	return slices.ContainsFunc(compared(b, region), func(d string) bool { return slices.Contains(have, d) })
}

// compared are the Keys of a text, for one too short to have any its digits.
func compared(raw, region string) []string {
	keys := Keys(raw, region)
	if d := Digits(clean(raw)); len(keys) == 0 && d != "" && len(d) < minSearchDigits {
		return []string{d}
	}
	return keys
}

// SearchDigits returns what to look for: the last ten digits of the national significant number, so that every way of
// writing the prefix is found. Empty when there are too few digits for a search that means anything.
func SearchDigits(raw, region string) string {
	list := Read(raw, region)
	if len(list) == 0 {
		return ""
	}
	return list[0].Search()
}

// Search is SearchDigits of one number.
func (n Number) Search() string {
	d := n.Digits
	if p := parse("+"+d, ""); n.Certain && p != nil {
		d = phonenumbers.GetNationalSignificantNumber(p)
	}
	return d[max(0, len(d)-searchDigits):]
}

// parseAsWritten reads a number that some plan could hold; nil when there is none.
func parseAsWritten(raw, region string) *phonenumbers.PhoneNumber {
	if region == "" {
		region = DefaultRegion
	}
	n := parse(raw, region)
	if n == nil || !phonenumbers.IsPossibleNumber(n) {
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
