package phone

import (
	"strings"
	"unicode"

	"github.com/sidecard/sidecard/internal/runes"
)

// clean returns a text with ASCII digits, plain separators and without invisible marks.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case isDigit(r):
			return r
		case unicode.Is(unicode.Nd, r):
			return '0' + digitValue(r)
		case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me):
			return -1
		case unicode.Is(unicode.Pd, r), r == '−', r == '⁃', r == '_':
			return '-'
		case unicode.Is(unicode.Zs, r):
			return ' '
		}
		if plain, ok := widths[r]; ok {
			return plain
		}
		return r
	}, runes.First(text, maxTextRunes)))
}

// widths are signs of a phone in other alphabets' writing.
var widths = map[rune]rune{'＋': '+', '﹢': '+', '⁺': '+', '➕': '+', '（': '(', '）': ')', '［': '(', '］': ')', '[': '(', ']': ')',
	'，': ',', '、': ',', '،': ',', '；': ';', '؛': ';', '／': '/', '⁄': '/', '∕': '/', '＃': '#', '＊': '*', '．': '.', '·': '.'}

// digitValue returns the value of a decimal digit of any script: each has its ten in a row.
func digitValue(r rune) rune {
	for _, in := range unicode.Nd.R16 {
		if r >= rune(in.Lo) && r <= rune(in.Hi) {
			return (r - rune(in.Lo)) % 10
		}
	}
	for _, in := range unicode.Nd.R32 {
		if r >= rune(in.Lo) && r <= rune(in.Hi) {
			return (r - rune(in.Lo)) % 10
		}
	}
	return 0
}
