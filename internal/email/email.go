// Package email reads e-mail addresses as people and imports write them: several in one field, with a name, with what RFC 5322
// forbids and providers give out all the same.
//
// It owns what an address is, its normal form and whether two are one. It refuses to know who has them.
//
// Invariants: two addresses are one when they differ in nothing but case and the spelling of the domain (RFC 5891); a dot or a
// tag in the local part makes another address. What is stored is what was typed, without the marks around it.
package email

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/sidecard/sidecard/internal/runes"
)

const (
	maxAddress   = 254  // bytes (RFC 5321, 4.5.3.1.3)
	maxTextRunes = 2000 // of a text that is read for addresses
	maxAddresses = 20   // in one text
)

// Split returns the addresses of a text, each once, as they were typed. What is none is one value, so that nothing is lost.
func Split(text string) []string {
	var out []string
	for _, a := range addresses(text) {
		if !slices.ContainsFunc(out, func(b string) bool { return Key(a) == Key(b) }) {
			out = append(out, a)
		}
	}
	if text = strings.TrimSpace(text); len(out) == 0 && text != "" {
		return []string{text}
	}
	return out
}

// Keys are the normal forms of the addresses of a text, each once.
func Keys(text string) []string {
	var out []string
	for _, a := range addresses(text) {
		if k := Key(a); !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// Same reports whether two texts have an address in common.
func Same(a, b string) bool {
	have := Keys(a)
	return slices.ContainsFunc(Keys(b), func(k string) bool { return slices.Contains(have, k) })
}

// Valid reports whether a text is one address and nothing else.
func Valid(text string) bool {
	local, domain, ok := parts(text)
	return ok && len(text) <= maxAddress && validLocal(local) && validDomain(domain)
}

// Key returns the normal form of an address: in lower case, its domain in ASCII.
func Key(address string) string {
	local, domain, ok := parts(address)
	if !ok {
		return strings.ToLower(strings.TrimSpace(address))
	}
	return strings.ToLower(local) + "@" + ascii(domain)
}

// Spellings are the writings of an address that a search by its text may be asked for: with the domain in ASCII, and in its own
// alphabet if it has one.
func Spellings(address string) []string {
	key := Key(address)
	local, domain, _ := parts(key)
	if own, err := idna.ToUnicode(domain); err == nil && own != domain {
		return []string{local + "@" + own, key}
	}
	return []string{key}
}

// addresses finds what is an address in a text: what stands between the marks that part them.
func addresses(text string) []string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '＠' || r == '﹫':
			return '@'
		case unicode.In(r, unicode.Cf):
			return -1
		}
		return r
	}, runes.First(text, maxTextRunes))
	if text = strings.TrimSpace(text); Valid(text) {
		return []string{text}
	}
	if a, err := mail.ParseAddress(text); err == nil && Valid(a.Address) {
		return []string{a.Address}
	}
	var out []string
	for _, word := range strings.FieldsFunc(text, parting) {
		if word = strings.TrimLeft(strings.TrimRight(word, `.'"`), `'"`); len(word) > len("mailto:") && strings.EqualFold(word[:len("mailto:")], "mailto:") {
			word = word[len("mailto:"):]
		}
		if Valid(word) && len(out) < maxAddresses {
			out = append(out, word)
		}
	}
	return out
}

func parting(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(",;|<>()[]\\/，；、", r)
}

func parts(address string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", "", false
	}
	return address[:at], address[at+1:], true
}

// validLocal is wider than RFC 5322: dots may stand anywhere, as some providers allow. A quoted one may hold anything.
func validLocal(local string) bool {
	if len(local) > 2 && strings.HasPrefix(local, `"`) && strings.HasSuffix(local, `"`) {
		_, err := mail.ParseAddress(local + "@example.com")
		return err == nil
	}
	return local != "" && len(local) <= 64 && !strings.ContainsFunc(local, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`@,;:\"<>()[]`, r)
	})
}

func validDomain(domain string) bool {
	labels := strings.Split(ascii(domain), ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

// ascii returns a domain as the wire has it, in lower case. One that can't be written so stays.
func ascii(domain string) string {
	domain = strings.ToLower(domain)
	if got, err := idna.Lookup.ToASCII(domain); err == nil {
		return got
	}
	return domain
}
