package phone

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

const (
	maskDot   = '•'
	maskOpen  = 4 // digits that stay readable at the end, so that people can tell two numbers apart
	minTail   = 7 // digits at the end of a phone that are enough to know it by
	maxGroups = 8 // in which people write a phone
)

// Display writes phones for a reader who may see them, or may see no more than their ends.
type Display struct {
	Region string // ISO 3166-1 alpha-2 of phones without country code; "" is RU
	Masked bool   // phones read "+7 ••• •••-45-67"
}

// Phone returns the international form of a number with its extension, or the text as it stands when it is not surely one; the
// middle is hidden where phones are masked.
func (d Display) Phone(raw string) string {
	n, ok := only(raw, d.Region)
	if !ok {
		if d.Masked {
			return d.hideAll(raw)
		}
		return raw
	}
	p := parse("+"+n.Digits, "")
	if d.Masked {
		return maskPhone(p) + n.Tail
	}
	return phonenumbers.Format(p, phonenumbers.INTERNATIONAL) + n.Tail
}

// Dial returns the number for a tel: link, "" when it is none or must not be seen.
func (d Display) Dial(raw string) string {
	if n, ok := E164(raw, d.Region); ok && !d.Masked {
		return n
	}
	return ""
}

// maskPhone hides the middle of a phone: the country code and the last four digits stay, separators too.
func maskPhone(n *phonenumbers.PhoneNumber) string {
	international := phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	code, rest, found := strings.Cut(international, " ")
	if !found {
		return maskDigits(international)
	}
	return code + " " + maskDigits(rest)
}

// hideAll masks a value in which every digit may be one of a phone.
func (d Display) hideAll(s string) string {
	if HasMasked(s) {
		return s
	}
	var out strings.Builder
	done := 0
	for _, at := range spans(s, d.Region) {
		out.WriteString(maskDigits(s[done:at.from]) + maskPhone(at.number))
		done = at.to
	}
	return out.String() + maskDigits(s[done:])
}

// maskDigits hides every digit but the last four. What is masked already stays.
func maskDigits(s string) string {
	if HasMasked(s) {
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

var (
	digitGroup = regexp.MustCompile(`\+?\(?\d+`)
	digitRun   = regexp.MustCompile(`\d{7,}`)
)

// Words returns a text that people wrote, with the phones in it masked where phones are masked. A run of digits counts as a
// phone when it starts with a plus or is a number of some plan; an order number stays readable.
func (d Display) Words(text string) string {
	if !d.Masked {
		return text
	}
	return Replace(text, d.hidden)
}

// hidden masks a run of digits that is a phone, or the phones in one that holds other numbers beside them.
func (d Display) hidden(s string) string {
	if n := parseAsWritten(s, d.Region); n != nil && (strings.HasPrefix(s, "+") || phonenumbers.IsValidNumber(n)) {
		return maskPhone(n)
	}
	var out strings.Builder
	done := 0
	for _, at := range spans(s, d.Region) {
		out.WriteString(s[done:at.from] + maskPhone(at.number))
		done = at.to
	}
	if done == 0 && strings.HasPrefix(s, "+") {
		return maskDigits(s)
	}
	return out.String() + s[done:]
}

// span is where a number of a plan stands in a text.
type span struct {
	from, to int
	number   *phonenumbers.PhoneNumber
}

// spans finds the numbers of some plan in a text that holds others beside them, the longest that begins first. They are read as
// they are written.
func spans(s, region string) []span {
	var out []span
	groups := digitGroup.FindAllStringIndex(s, -1)
	for i := 0; i < len(groups); i++ {
		for j := min(len(groups)-1, i+maxGroups); j >= i; j-- {
			piece := s[groups[i][0]:groups[j][1]]
			if digits := len(Digits(piece)); digits < minTail || digits > maxDigits {
				continue
			}
			if n := parseAsWritten(piece, region); n != nil && phonenumbers.IsValidNumber(n) {
				out = append(out, span{groups[i][0], groups[j][1], n})
				i = j
				break
			}
		}
	}
	return out
}

// Reveals reports whether an address holds a phone that must not be seen: one of the given, or any number of some plan.
// An address can't be masked, only left out.
func (d Display) Reveals(address string, phones ...string) bool {
	if !d.Masked {
		return false
	}
	if plain, err := url.QueryUnescape(address); err == nil {
		address = plain
	}
	for _, run := range digitRun.FindAllString(address, -1) {
		if n := parseAsWritten(run, d.Region); n != nil && phonenumbers.IsValidNumber(n) {
			return true
		}
		for _, p := range phones {
			if tail := Digits(p); len(tail) >= minTail && strings.Contains(run, tail[len(tail)-minTail:]) {
				return true
			}
		}
	}
	return d.Words(address) != address
}

// HasMasked reports whether a text holds masked digits.
func HasMasked(text string) bool { return strings.ContainsRune(text, maskDot) }

// Unmask finds the one of known that a masked text stands for, and returns any other text as it is: a form shows masked
// phones and sends them back.
func (d Display) Unmask(text string, known []string) string {
	if !d.Masked || !HasMasked(text) {
		return text
	}
	for _, k := range known {
		if k != "" && (d.Phone(k) == text || d.Words(k) == text) {
			return k
		}
	}
	return text
}
