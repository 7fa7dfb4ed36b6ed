package body

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// relaxed turns a JSON text into what hujson reads (JSON with comments and trailing commas). It changes nothing
// that can be read in two ways: there it stops, copies the rest as it is, and hujson names the place.
//
// Changed are: raw control characters in strings (escaped), typographic quotation marks around strings (made plain), quotes
// in a string that a variable was put into (escaped, where they come in pairs), \' in strings, other spaces than JSON's
// (made plain), a comment broken over two lines (joined), "#" comments, and semicolons and zero bytes after the end.
type relaxed struct {
	in     string
	out    []byte
	marks  []mark
	open   []byte // the brackets that are open
	want   want
	remark bool // the last thing was a comment to the end of its line
	values int
}

// maxMarks bounds what is remembered of a text, which is sixteen bytes a mark; errors behind them may name a wrong place.
const maxMarks = 50_000

// mark is a pair of offsets: from there on, out came from in byte by byte, up to the next mark.
type mark struct{ out, in int }

// want is what the grammar takes next.
type want int

const (
	wantValue want = iota
	wantKey
	wantColon
	wantEnd // "," or a closing bracket, nothing after the last one
)

func relax(in string) *relaxed {
	r := &relaxed{in: in, out: make([]byte, 0, len(in)+len(in)/8)}
	i := 0
	for i < len(in) {
		next := r.step(i)
		if next <= i || r.values > MaxValues {
			break
		}
		i = next
	}
	r.copy(i, len(in))
	r.out = append(r.out, '\n') // ends a comment in the last line
	return r
}

// step reads one token at i and returns where it ends; i itself when nothing there can be read.
func (r *relaxed) step(i int) int {
	c, size := utf8.DecodeRuneInString(r.in[i:])
	rest := r.in[i:]
	switch {
	case c == ' ', c == '\t', c == '\n', c == '\r':
		return r.copy(i, i+1)
	case isBlank(c):
		return r.write(i, i+size, " ")
	case strings.HasPrefix(rest, "//"), c == '#':
		r.remark = true
		return r.lineComment(i, i+lineEnd(rest))
	case strings.HasPrefix(rest, "/*"):
		if n := strings.Index(rest[2:], "*/"); n >= 0 {
			return r.copy(i, i+2+n+2)
		}
		return i
	case r.remark && r.goesOn(i):
		return r.lineComment(i, r.resume(i))
	}
	r.remark = false
	switch {
	case c == '"', isQuote(c):
		return r.text(i, c)
	case strings.ContainsRune("{}[]:,", c):
		return r.structure(i, byte(c))
	case r.done() && (c == ';' || c == 0):
		return r.write(i, i+1, " ")
	}
	n := 0
	for n < len(rest) && isLiteral(rest[n]) {
		n++
	}
	if n == 0 || r.want != wantValue {
		return i
	}
	r.want = wantEnd
	return r.copy(i, i+n)
}

// structure follows the brackets, colons and commas.
func (r *relaxed) structure(i int, c byte) int {
	inside := r.inside()
	switch {
	case c == '{' && r.want == wantValue:
		r.open, r.want = append(r.open, c), wantKey
	case c == '[' && r.want == wantValue:
		r.open = append(r.open, c)
	case c == '}' && inside == '{' && (r.want == wantKey || r.want == wantEnd),
		c == ']' && inside == '[' && (r.want == wantValue || r.want == wantEnd):
		r.open, r.want = r.open[:len(r.open)-1], wantEnd
	case c == ':' && r.want == wantColon:
		r.want = wantValue
	case c == ',' && r.want == wantEnd && inside == '{':
		r.want = wantKey
	case c == ',' && r.want == wantEnd && inside == '[':
		r.want = wantValue
	default:
		return i
	}
	if c == '{' || c == '[' || c == ',' {
		r.values++
	}
	return r.copy(i, i+1)
}

func (r *relaxed) inside() byte {
	if len(r.open) == 0 {
		return 0
	}
	return r.open[len(r.open)-1]
}

func (r *relaxed) done() bool { return r.want == wantEnd && len(r.open) == 0 }

// copy takes in[from:to] over as it is and returns to.
func (r *relaxed) copy(from, to int) int { return r.write(from, to, r.in[from:to]) }

// write puts text in the place of in[from:to] and returns to.
func (r *relaxed) write(from, to int, text string) int {
	last := mark{}
	if n := len(r.marks); n > 0 {
		last = r.marks[n-1]
	}
	if from-len(r.out) != last.in-last.out && len(r.marks) < maxMarks {
		r.marks = append(r.marks, mark{len(r.out), from})
	}
	r.out = append(r.out, text...)
	return to
}

// origin returns the byte of in that a byte of out came from.
func (r *relaxed) origin(out int) int {
	i, found := slices.BinarySearchFunc(r.marks, out, func(m mark, out int) int { return m.out - out })
	if !found {
		i--
	}
	m, end := mark{}, len(r.in)
	if i >= 0 {
		m = r.marks[i]
	}
	if i+1 < len(r.marks) {
		end = r.marks[i+1].in
	}
	return min(m.in+out-m.out, end)
}

// isLiteral reports a byte of a number, true, false or null.
func isLiteral(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.'
}

// isBlank reports a space of another kind than JSON's, and invisible characters.
func isBlank(c rune) bool {
	return unicode.IsSpace(c) || unicode.Is(unicode.Cf, c)
}

func isQuote(c rune) bool { return c != '"' && strings.ContainsRune(quoteMarks, c) }
