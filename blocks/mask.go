package blocks

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

const (
	maskDot  = '•'
	maskOpen = 4 // digits that stay readable at the end, so that people can tell two numbers apart
)

// maskPhone hides the middle of a phone: the country code and the last four digits stay, separators too.
func maskPhone(n *phonenumbers.PhoneNumber) string {
	international := phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	code, rest, found := strings.Cut(international, " ")
	if !found {
		return maskDigits(international)
	}
	return code + " " + maskDigits(rest)
}

// maskDigits hides every digit but the last four. What is masked already stays.
func maskDigits(s string) string {
	if strings.ContainsRune(s, maskDot) {
		return s
	}
	digits := 0
	for _, r := range s {
		if isDigit(r) {
			digits++
		}
	}
	return strings.Map(func(r rune) rune {
		if !isDigit(r) {
			return r
		}
		if digits--; digits >= maskOpen {
			return maskDot
		}
		return r
	}, s)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// phoneLike finds what may be a phone in a text: at least seven digits with the separators people write between them.
var phoneLike = regexp.MustCompile(`\+?\(?\d(?:[\s().\x{a0}\x{2010}-\x{2013}-]{0,3}\d){6,17}`)

// Words is a text of people for the reader: phones in it are masked where phones are masked. A run of digits counts as a
// phone when it starts with a plus or is a number of some plan; an order number stays readable.
func (f Format) Words(text string) string {
	if !f.Masked {
		return text
	}
	return phoneLike.ReplaceAllStringFunc(text, func(s string) string {
		if n, ok := f.phone(s); ok && (strings.HasPrefix(s, "+") || phonenumbers.IsValidNumber(n)) {
			return maskPhone(n)
		}
		if strings.HasPrefix(s, "+") {
			return maskDigits(s)
		}
		return s
	})
}

// Unmask finds the one of known that a masked text stands for, and returns any other text as it is: a form shows masked
// phones and sends them back.
func (f Format) Unmask(text string, known []string) string {
	if !f.Masked || !strings.ContainsRune(text, maskDot) {
		return text
	}
	for _, k := range known {
		if k != "" && (f.Phone(k) == text || f.Words(k) == text) {
			return k
		}
	}
	return text
}
