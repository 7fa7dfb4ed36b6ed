package phone

import (
	"regexp"
	"strings"
)

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
