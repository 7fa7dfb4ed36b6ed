package money

import (
	"errors"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Why a text is no amount. The texts are for logs and answers of the API; pages have words of their own.
var (
	ErrEmpty     = errors.New("no amount")
	ErrNotNumber = errors.New("not one number")
	ErrAmbiguous = errors.New("three digits behind a mark may be thousands or decimals")
	ErrTooFine   = errors.New("more than two decimals")
	ErrTooLarge  = errors.New("larger than 9999999999999.99")
	ErrCurrency  = errors.New("another currency than the account's")
)

// Hints are what is known of where an amount was written. The zero value knows nothing.
type Hints struct {
	Group    rune   // mark between thousands in the writer's language, 0 when the language isn't known
	Currency string // ISO 4217 code of the account, "" when it isn't known: then every currency is accepted
}

// In returns the hints for a writer of a language (ISO 639: "en", "pt-BR") and an account's currency.
func In(lang, currency string) Hints {
	lang, _, _ = strings.Cut(lang, "-")
	return Hints{Group: groups[lang], Currency: currency}
}

var groups = map[string]rune{"en": ',', "es": '.', "pt": '.', "ru": ' ', "uk": ' ', "uz": ' '}

// maxWritten bounds what is read at all, in bytes. The longest amount with its words has some 60.
const maxWritten = 200

var (
	// amount is everything before the number, the number, everything behind it. A mark directly before the first digit
	// goes with the number here; Parse gives it back to a word: "руб.50", "S/.50".
	amount = regexp.MustCompile(`^([^0-9]*?)((?:[.,])?[0-9](?:[0-9.,' ]*[0-9])?)([^0-9].*)?$`)
	// minor is the rest of "1500 руб. 50 коп." behind 1500.
	minor = regexp.MustCompile(`^([^0-9]+?)([0-9]{1,2}) ?([^0-9]+)$`)
	// dash stands for no cents: "500,-", "500.–", "500,--".
	dash = regexp.MustCompile(`^[.,] ?[-–—]{1,2}`)

	plain = regexp.MustCompile(`^(?:0|[1-9][0-9]*)$`)
	three = regexp.MustCompile(`^[1-9][0-9]{0,2}(?:\|[0-9]{3})+$`)
	india = regexp.MustCompile(`^[1-9][0-9]?(?:\|[0-9]{2})+\|[0-9]{3}$`)
)

// Parse reads s as one amount by the rules of the package comment. A text without anything in it is ErrEmpty.
func Parse(s string, h Hints) (Amount, error) {
	if len(s) > maxWritten {
		return 0, ErrNotNumber
	}
	if s = clean(s); s == "" {
		return 0, ErrEmpty
	}
	m := amount.FindStringSubmatch(s)
	if m == nil {
		return 0, ErrNotNumber
	}
	before, number, after := m[1], m[2], m[3]
	before, negative := cutMinus(before)
	if last, _ := utf8.DecodeLastRuneInString(before); before != "" && !unicode.Is(unicode.Sc, last) {
		if number = strings.TrimPrefix(number, "."); number[0] == ',' {
			return 0, ErrNotNumber
		}
	}
	words, power, cents, err := tail(after)
	if err != nil {
		return 0, err
	}
	codes, err := currency(before, words, h.Currency)
	switch {
	case err != nil:
		return 0, err
	case power != 0: // "1.234 млн" has three decimals as well as not
		h.Group = 0
	case h.Group == 0 && len(codes) > 0 && len(both(codes, thousandths)) == 0:
		h.Group = lone(number)
	}
	whole, fraction, err := split(number, h.Group)
	if err != nil {
		return 0, err
	}
	if cents != "" {
		if fraction != "" {
			return 0, ErrNotNumber
		}
		fraction = cents
	}
	return sum(negative, whole, fraction, power)
}

// clean brings a text into one writing: HTML's names, full-width characters and the many spaces, apostrophes and
// minuses become the plain ones; characters without a shape go.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.Is(unicode.Zs, r):
			return ' '
		case strings.ContainsRune("’‘ʼʻ`´ʹ", r):
			return '\''
		case r == '−':
			return '-'
		}
		return r
	}, width.Fold.String(html.UnescapeString(s))))
}

// cutMinus takes one minus away from the beginning or the end of what stands before the number.
func cutMinus(before string) (rest string, negative bool) {
	if rest, negative = strings.CutPrefix(before, "-"); !negative {
		rest, negative = strings.CutSuffix(before, "-")
	}
	return strings.TrimSpace(rest), negative
}

// tail reads what stands behind the number: the words of the currency, a power of ten, the cents in words.
func tail(s string) (words string, power int, cents string, err error) {
	if m := minor.FindStringSubmatch(s); m != nil {
		if !coins[key(m[3])] || key(m[1]) == "" {
			return "", 0, "", ErrNotNumber
		}
		s, cents = m[1], m[2]
		if len(cents) == 1 {
			cents = "0" + cents
		}
	}
	if strings.ContainsAny(s, "0123456789") {
		return "", 0, "", ErrNotNumber
	}
	if cut := dash.FindString(s); cut != "" && cents == "" {
		return s[len(cut):], 0, "", nil
	}
	if s == "." {
		return "", 0, cents, nil
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	p, ok := powers[key(word)]
	if utf8.RuneCountInString(key(word)) == 1 {
		ok = ok && !strings.HasPrefix(s, " ") && !strings.HasSuffix(word, ".")
	}
	if ok && cents == "" {
		return rest, p, "", nil
	}
	return s, 0, cents, nil
}

// currency returns the codes that the words beside the number may stand for, none when there are no words. Every word must
// be a currency, all must mean the same one, and it must be the account's when that is known.
func currency(before, after, account string) (codes []string, err error) {
	for _, word := range []string{key(before), key(after)} {
		if word == "" {
			continue
		}
		these := currencies[word]
		if codes != nil {
			these = both(codes, these)
		}
		if len(these) == 0 {
			return nil, ErrNotNumber
		}
		codes = these
	}
	if len(codes) > 0 && account != "" && !slices.Contains(codes, strings.ToUpper(account)) {
		return nil, ErrCurrency
	}
	return codes, nil
}

// lone returns the mark of a number like "1.234", where nothing else tells what it is; 0 for any other.
func lone(number string) rune {
	if i := strings.IndexAny(number, ".,"); i > 0 && strings.Count(number, ".")+strings.Count(number, ",") == 1 {
		return rune(number[i])
	}
	return 0
}

// split takes a number apart into its whole digits and its decimals.
func split(number string, group rune) (whole, fraction string, err error) {
	points, commas := strings.Count(number, "."), strings.Count(number, ",")
	i := strings.LastIndexAny(number, ".,")
	switch {
	case i < 0, points+commas > 1 && (points == 0 || commas == 0): // no decimals
		whole, err = grouped(number)
		return whole, "", err
	case strings.Count(number, number[i:i+1]) > 1: // "1,2.3.4"
		return "", "", ErrNotNumber
	}
	whole, fraction = number[:i], number[i+1:]
	if strings.Trim(fraction, "0123456789") != "" {
		return "", "", ErrNotNumber
	}
	isPlain := plain.MatchString(whole)
	switch alone := len(fraction) != 3 || isPlain && (whole == "0" || len(whole) > 3); {
	case whole == "" && alone:
		return "0", fraction, nil
	case alone:
		whole, err = grouped(whole)
		return whole, fraction, err
	case isPlain && rune(number[i]) == group:
		return whole + fraction, "", nil
	}
	return "", "", ErrAmbiguous
}

// grouped reads a whole number whose groups are all parted by the same mark.
func grouped(number string) (string, error) {
	if plain.MatchString(number) {
		return number, nil
	}
	for _, mark := range []string{" ", "'", ".", ","} {
		parts := strings.ReplaceAll(number, mark, "|")
		if three.MatchString(parts) || mark == "," && india.MatchString(parts) {
			return strings.ReplaceAll(parts, "|", ""), nil
		}
	}
	return "", ErrNotNumber
}
