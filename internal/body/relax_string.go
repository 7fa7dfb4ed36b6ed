package body

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// text reads the string that the quotation mark c opens at i.
func (r *relaxed) text(i int, c rune) int {
	key := r.want == wantKey
	if !key && r.want != wantValue {
		return i
	}
	body := i + utf8.RuneLen(c)
	end := r.textEnd(body, c, key)
	if end < 0 {
		return i
	}
	if r.want = wantEnd; key {
		r.want = wantColon
	}
	r.write(i, body, `"`)
	r.escape(body, end)
	_, size := utf8.DecodeRuneInString(r.in[end:])
	return r.write(end, end+size, `"`)
}

// escape writes the inside of a string as JSON wants it.
func (r *relaxed) escape(i, end int) {
	for i < end {
		c, size := utf8.DecodeRuneInString(r.in[i:])
		switch {
		case c == '\\' && strings.HasPrefix(r.in[i:], `\'`):
			i = r.write(i, i+2, "'")
		case c == '\\':
			i = r.copy(i, min(i+2, end))
		case c == '"':
			i = r.write(i, i+1, `\"`)
		case c == '\n':
			i = r.write(i, i+1, `\n`)
		case c == '\r':
			i = r.write(i, i+1, `\r`)
		case c == '\t':
			i = r.write(i, i+1, `\t`)
		case c < ' ':
			i = r.write(i, i+1, "")
		default:
			i = r.copy(i, i+size)
		}
	}
}

// textEnd returns where the quotation mark stands that ends a string, -1 for nowhere. That is the first one for a key. In a
// value, a mark that nothing follows which may follow a string belongs to the text: of a text in typographic marks always,
// else only when such marks come in pairs and leave no doubt that a text with quotes was put in unescaped. In doubt the
// first mark counts, and what comes then is the error.
func (r *relaxed) textEnd(i int, opening rune, key bool) int {
	first, inner := -1, 0
	for i < len(r.in) {
		c, size := utf8.DecodeRuneInString(r.in[i:])
		switch {
		case c == '\\':
			_, next := utf8.DecodeRuneInString(r.in[i+1:])
			size += next
		case c == '"', opening != '"' && isQuote(c):
			if first < 0 {
				first = i
			}
			switch ends := r.mayFollow(i + size); {
			case key, ends && (opening != '"' || inner%2 == 0):
				return i
			case opening == '"' && (ends || !r.mayBeInner(i)):
				return first
			}
			inner++
		}
		i += size
	}
	return first
}

// next returns the text from i on without the space before it.
func (r *relaxed) next(i int) string { return strings.TrimLeftFunc(r.in[i:], unicode.IsSpace) }

// mayFollow reports whether what stands at i may follow a string in a value.
func (r *relaxed) mayFollow(i int) bool {
	next := r.next(i)
	return next == "" || strings.ContainsRune(",]};#\x00", rune(next[0])) || strings.HasPrefix(next, "//") || strings.HasPrefix(next, "/*")
}

// mayBeInner reports whether the quote at i may be one of the text: of two quotes in a row only the last ends the string,
// quotes with space between them look like two strings without a comma, and what a colon follows is a key.
func (r *relaxed) mayBeInner(i int) bool {
	if strings.HasPrefix(r.in[i+1:], `"`) {
		return r.mayFollow(i + 2)
	}
	next := r.next(i + 1)
	return !strings.HasPrefix(next, `"`) && !strings.HasPrefix(next, ":")
}
