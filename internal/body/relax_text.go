package body

import (
	"encoding/json"
	"regexp"
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

// lineComment writes in[from:to] as a comment of its own line. hujson takes no line separators in it.
func (r *relaxed) lineComment(from, to int) int {
	r.write(from, from, "//")
	for i, c := range r.in[from:to] {
		if c != '\u2028' && c != '\u2029' {
			r.copy(from+i, from+i+utf8.RuneLen(c))
		}
	}
	if to < len(r.in) && r.in[to] != '\n' {
		r.write(to, to, "\n")
	}
	return to
}

const quoteMarks = `"“”„‟«»″＂`

// keyBehind finds a key in quotes.
var keyBehind = regexp.MustCompile(`[` + quoteMarks + `][^` + quoteMarks + `\n]*[` + quoteMarks + `]\s*:`)

// maxKey is how much of a line is looked at to tell a key or a number from text, in bytes.
const maxKey = 300

// goesOn reports whether what stands at i, in a line after a comment, is the rest of that comment: it begins like text, and is
// neither a value nor a key without quotes.
func (r *relaxed) goesOn(i int) bool {
	rest := r.in[i:min(i+maxKey, len(r.in))]
	c, size := utf8.DecodeRuneInString(rest)
	if strings.ContainsRune(quoteMarks, c) {
		return r.want == wantKey && quotedWord(rest[size:])
	}
	return !strings.ContainsRune("{}[]:,;'`\x00", c) && !keyHere(rest) && !valueHere(rest)
}

// quotedWord reports a text in quotes, behind its first mark, that is no key: no colon follows it, and nothing that looks like
// a value whose colon was forgotten.
func quotedWord(s string) bool {
	end := strings.IndexAny(s, quoteMarks+"\n")
	if end < 0 || s[end] == '\n' {
		return false
	}
	_, size := utf8.DecodeRuneInString(s[end:])
	line := strings.TrimLeft(s[end+size:], " \t\r")
	c, _ := utf8.DecodeRuneInString(line)
	return (line == "" || c == '\n' || unicode.IsLetter(c) && !valueHere(line)) && !strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), ":")
}

// keyHere reports a word with a colon and something like a value behind it.
func keyHere(s string) bool {
	if c, _ := utf8.DecodeRuneInString(s); unicode.IsDigit(c) {
		return false
	}
	behind := strings.TrimLeftFunc(s, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) || c == '_' || c == '$' })
	value, colon := strings.CutPrefix(strings.TrimLeftFunc(behind, unicode.IsSpace), ":")
	value = strings.TrimLeftFunc(value, unicode.IsSpace)
	c, _ := utf8.DecodeRuneInString(value)
	return len(behind) < len(s) && colon && (strings.ContainsRune("{['-"+quoteMarks, c) || unicode.IsDigit(c) || valueHere(value))
}

// valueHere reports a number, true, false or null that stands where a value may end.
func valueHere(s string) bool {
	n := 0
	for n < len(s) && isLiteral(s[n]) {
		n++
	}
	behind := strings.TrimLeft(s[n:], " \t\r")
	return n > 0 && (behind == "" || strings.IndexByte(",]}\n/#", behind[0]) >= 0) && json.Valid([]byte(s[:n]))
}

// resume returns where the JSON goes on in the line of a broken comment: at a key, at a bracket that opens the value, at the
// comma or the brackets that end the line, where the grammar wants them; else in the next line.
func (r *relaxed) resume(i int) int {
	line := r.in[i : i+lineEnd(r.in[i:])]
	on := -1
	switch r.want {
	case wantKey:
		on = r.closing(line)
		if strings.ContainsAny(line, quoteMarks) {
			if at := keyBehind.FindStringIndex(line); at != nil {
				on = at[0]
			}
		}
	case wantValue:
		if trimmed := strings.TrimRightFunc(line, unicode.IsSpace); strings.HasSuffix(trimmed, "{") || strings.HasSuffix(trimmed, "[") {
			on = len(trimmed) - 1
		}
	case wantEnd:
		on = r.closing(line)
	}
	if on < 0 {
		on = len(line)
	}
	return i + on
}

// closing returns where the commas and brackets begin that end a line, if the grammar wants the first of them here, else -1.
func (r *relaxed) closing(line string) int {
	text := strings.TrimRight(line, " \t\r,}]")
	at := strings.IndexAny(line[len(text):], ",}]")
	if at < 0 {
		return -1
	}
	at += len(text)
	fits := map[byte]byte{'}': '{', ']': '['}
	if c := line[at]; r.want == wantEnd && c == ',' && len(r.open) > 0 || c != ',' && fits[c] == r.inside() {
		return at
	}
	return -1
}

func lineEnd(s string) int {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		return n
	}
	return len(s)
}
