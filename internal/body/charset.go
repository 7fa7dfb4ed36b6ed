package body

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// decodeText returns bytes as text. It trusts, in this order: a byte order mark, the zero bytes of UTF-16 and UTF-32,
// valid UTF-8 (also against a declared single-byte charset, whose texts are practically never valid UTF-8), the declared
// charset, a guess that fits. What none of them explains is refused, so that nothing is stored garbled.
func decodeText(b []byte, declared string) (string, error) {
	if enc, rest := wide(b); enc != nil {
		return decodeAs(enc, rest, "of the encoding that its first bytes announce")
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	enc, err := htmlindex.Get(declared)
	if err != nil || enc == utf.UTF8 {
		enc = nil // an unknown name is none
	}
	_, single := enc.(*charmap.Charmap)
	if utf8.Valid(b) && (enc == nil || single || isASCII(b)) {
		return string(b), nil
	}
	s, fits := guess(b)
	if enc != nil && !(enc == charmap.Windows1252 && fits) { // the name that programs put in without a thought
		return decodeAs(enc, b, declared)
	}
	if fits {
		return s, nil
	}
	return "", &SyntaxError{Detail: "the body is not UTF-8, and its Content-Type names no other charset"}
}

// decodeAs decodes strictly: a byte that is none of the encoding is an error.
func decodeAs(enc encoding.Encoding, b []byte, name string) (string, error) {
	s, err := enc.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(s, utf8.RuneError) {
		return "", &SyntaxError{Detail: fmt.Sprintf("the body is not %s", name)}
	}
	return string(s), nil
}

// wide returns the encoding of a text of two or four bytes a character, without its mark; nil for any other text. A text
// without a mark is recognized by its first characters, which are ASCII in JSON and in forms.
func wide(b []byte) (encoding.Encoding, []byte) {
	two := func(e utf.Endianness) encoding.Encoding { return utf.UTF16(e, utf.IgnoreBOM) }
	four := func(e utf32.Endianness) encoding.Encoding { return utf32.UTF32(e, utf32.IgnoreBOM) }
	for _, m := range []struct {
		mark string
		enc  encoding.Encoding
	}{
		{"\xff\xfe\x00\x00", four(utf32.LittleEndian)}, {"\x00\x00\xfe\xff", four(utf32.BigEndian)},
		{"\xff\xfe", two(utf.LittleEndian)}, {"\xfe\xff", two(utf.BigEndian)},
	} {
		if rest, ok := bytes.CutPrefix(b, []byte(m.mark)); ok {
			return m.enc, rest
		}
	}
	head := b[:min(len(b), 16)]
	if len(head) < 4 || len(b)%2 != 0 {
		return nil, nil
	}
	zero := [4]int{} // zero bytes by their place in a group of four
	for i, c := range head[:len(head)/4*4] {
		if c == 0 {
			zero[i%4]++
		}
	}
	all := len(head) / 4
	switch zero {
	case [4]int{0, all, all, all}:
		return four(utf32.LittleEndian), b
	case [4]int{all, all, all, 0}:
		return four(utf32.BigEndian), b
	case [4]int{0, all, 0, all}:
		return two(utf.LittleEndian), b
	case [4]int{all, 0, all, 0}:
		return two(utf.BigEndian), b
	}
	return nil, nil
}

// isASCII also refuses ESC, with which ISO-2022 texts begin other characters.
func isASCII(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf || r == '\x1b' })
}

// guess decodes text that is not UTF-8 and has no declared charset: UTF-8 with characters that were cut apart, which
// are left out, else windows-1251, else windows-1252.
func guess(b []byte) (string, bool) {
	good, bad := 0, 0 // characters of several bytes; bytes that belong to none
	for rest := b; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			bad++
		} else if size > 1 {
			good++
		}
		rest = rest[size:]
	}
	if good >= 4*bad {
		return strings.ToValidUTF8(string(b), ""), true
	}
	for enc, fits := range map[*charmap.Charmap]func(words) bool{
		charmap.Windows1251: words.cyrillic, charmap.Windows1252: words.western,
	} {
		if s, err := decodeAs(enc, b, ""); err == nil && fits(wordsOf(s)) {
			return s, true
		}
	}
	return "", false
}

// words counts the words of a text that was decoded from single bytes, by what their letters were.
type words struct {
	high   int // two or more letters, none of them ASCII
	mixed  int // ASCII letters and others
	uneven int // of high: a small letter before a capital, as in a text of another Cyrillic charset
}

func wordsOf(s string) (w words) {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		letters := []rune(word)
		ascii, uneven := 0, 0
		for i, r := range letters {
			if r < utf8.RuneSelf {
				ascii++
			}
			if i > 0 && unicode.IsUpper(r) && unicode.IsLower(letters[i-1]) {
				uneven = 1
			}
		}
		switch {
		case ascii == len(letters):
		case ascii > 0:
			w.mixed++
		case len(letters) > 1:
			w.high, w.uneven = w.high+1, w.uneven+uneven
		}
	}
	return w
}

// cyrillic and western exclude each other: the letters of one are accents in the words of the other.
func (w words) cyrillic() bool { return w.high > 0 && 4*w.mixed <= w.high && 4*w.uneven <= w.high }

func (w words) western() bool { return w.mixed > 0 && w.high == 0 }

// clean removes from every text of a tree what a CRM refuses and people can't read: control characters other than tabs and
// line ends, halves of characters, code points that are none. It changes the tree in place.
func clean(v any) any {
	switch v := v.(type) {
	case string:
		return strings.Map(func(c rune) rune {
			if unreadable(c) {
				return -1
			}
			return c
		}, v)
	case []any:
		for i := range v {
			v[i] = clean(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = clean(v[k])
		}
	}
	return v
}

// unreadable reports control characters and what stands for a character that could not be decoded.
func unreadable(c rune) bool {
	switch {
	case c == '\t', c == '\n', c == '\r':
		return false
	case c < ' ', c >= 0x7f && c < 0xa0, c == utf8.RuneError:
		return true
	}
	return c >= 0xfdd0 && c <= 0xfdef || c&0xfffe == 0xfffe
}
