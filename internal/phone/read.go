package phone

import (
	"regexp"
	"slices"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/nyaruka/phonenumbers"
)

// Number is one phone number in what was typed.
type Number struct {
	// Digits are E.164 without its plus when Certain, else the digits as they were typed.
	Digits string
	// Tail is the extension with its mark, as it was typed: " ext. 101". Two numbers that differ in it are one line.
	Tail string
	// Certain says that there is one way to read the number. What is not certain is never changed or completed.
	Certain bool

	whole bool // the piece of text holds nothing else
}

const (
	maxTextRunes = 300 // of a text that is read for numbers
	maxNumbers   = 20  // in one text
	minBare      = 11  // digits of a number with its country code but without its plus
	maxLeft      = 4   // digits of a second line that stand for its end: 123-45-67/68
	maxRead      = 20  // digits of what is no number of any plan and still compared
)

var (
	// rfcExtension is the extension in a tel: address (RFC 3966, 3).
	rfcExtension = regexp.MustCompile(`(?i);ext=`)
	// between stands between two numbers, never within one.
	between = regexp.MustCompile(`(?i)[;|\n\r\t]+|\s(?:или|и|та|або|or|and|y|o|u|e|ou|va|yoki)\s`)
	// before is what stands before the first number: a word, a scheme.
	before = regexp.MustCompile(`^[^\d+(]*`)
	// runs are digits with separators among words.
	runs = regexp.MustCompile(`[+(]{0,2}\d[\d\s()./-]*`)
	// shape is what a number may be made of.
	shape = regexp.MustCompile(`^[+(]{0,2}\d[\d\s()./+-]*$`)
	// marked is a number before an extension that is called one, in the languages of our users.
	marked = regexp.MustCompile(`(?i)^(.*\d\)?)(\s*[,(]?\s*(?:#|\*|x|ext(?:n|ension)?|extensi[oó]n|extensão|доб(?:авочный)?|вн(?:утр)?(?:енний)?|` +
		`дод(?:атковий)?|внутрішній|ramal|anexo|int(?:erno)?|qo\S?sh(?:imcha)?|ichki)\s*[.:]?\s*№?\s*(\d{1,7})\s*\)?)$`)
	// unmarked is a number before some digits that a telephone dials after a pause, or that stand in brackets.
	unmarked = regexp.MustCompile(`^(.*\d\)?)(\s*,{1,3}\s*\d{1,7}|\s*\(\d{1,7}\))$`)
)

// asked is what Read is called with.
type asked struct{ text, region string }

// lately are texts that were read lately. A card and a rule ask for the same few again and again, and each costs some 0.2 ms.
var lately, _ = lru.New[asked, []Number](2048) // it errs for no size only

// Read finds the numbers in the value of a phone field: one, several with whatever stands between them, each with its
// extension, or numbers among words. region (ISO 3166-1 alpha-2, "" = RU) is where those without a country code are read. The list is
// not to be changed.
func Read(text, region string) []Number {
	key := asked{text, region}
	out, ok := lately.Get(key)
	if !ok {
		if out = read(text, region); len(text) <= 4*maxTextRunes {
			lately.Add(key, out)
		}
	}
	return out
}

func read(text, region string) []Number {
	var out []Number
	if HasMasked(text) {
		return nil // what is hidden can't be known
	}
	for _, piece := range pieces(text) {
		for _, n := range readPiece(piece, region) {
			if len(out) < maxNumbers {
				out = append(out, n)
			}
		}
	}
	return out
}

// pieces cuts a cleaned text where one number ends and another begins beyond doubt: at a mark that no number has, and before a
// plus.
func pieces(text string) []string {
	var out []string
	for _, part := range between.Split(rfcExtension.ReplaceAllString(clean(text), " ext. "), -1) {
		from, digits := 0, false
		for i, r := range part {
			if r == '+' && digits {
				out = append(out, part[from:i])
				from, digits = i, false
			}
			digits = digits || isDigit(r)
		}
		out = append(out, part[from:])
	}
	for i, piece := range out {
		out[i] = strings.Trim(piece, " ,.:/&")
	}
	return slices.DeleteFunc(out, func(piece string) bool { return piece == "" })
}

// readPiece reads what stands between two separators: a number, one with an extension, a list, or numbers among words.
func readPiece(piece, region string) []Number {
	label := before.FindString(piece)
	if n, ok := readOne(piece[len(label):], region); ok {
		n.whole = label == "" || strings.EqualFold(label, "tel:")
		return []Number{n}
	}
	if list, ok := readList(piece, region); ok {
		return list
	}
	var out []Number
	for _, run := range runs.FindAllString(piece, -1) {
		out = append(out, readRun(strings.TrimRight(run, " (./-"), region)...)
	}
	if len(out) == 0 {
		if d := Digits(piece); len(d) >= minSearchDigits && len(d) <= maxRead {
			out = append(out, Number{Digits: d, whole: shape.MatchString(piece)})
		}
	}
	return out
}

// readRun reads digits and separators among words. Several numbers may stand in a row, but nothing else beside one: with a digit
// too many it is none.
func readRun(run, region string) []Number {
	if d, ok := certain(run, region); ok {
		return []Number{{Digits: d, Certain: true}}
	}
	var out []Number
	left := len(Digits(run))
	for _, at := range spans(run, region) {
		piece := run[at.from:at.to]
		left -= len(Digits(piece))
		if d, ok := certain(piece, region); ok {
			out = append(out, Number{Digits: d, Certain: true})
		}
	}
	if left > 0 && (left > maxLeft || !strings.ContainsRune(run, '/')) {
		return nil
	}
	return out
}

// readOne reads a piece that holds one number, with or without an extension, and nothing else.
func readOne(piece, region string) (Number, bool) {
	if d, ok := certain(piece, region); ok {
		return Number{Digits: d, Certain: true, whole: true}, true
	}
	if m := marked.FindStringSubmatch(piece); m != nil {
		if d, ok := certain(m[1], region); ok {
			return Number{Digits: d, Tail: m[2], Certain: true, whole: true}, true
		}
	}
	if m := unmarked.FindStringSubmatch(piece); m != nil {
		if d, ok := certain(m[1], region); ok && valid(d) {
			return Number{Digits: d, Tail: m[2], Certain: true, whole: true}, true
		}
	}
	return Number{}, false
}

// readList reads a piece in which commas or slashes part numbers. They stand within a number as well, so each part must be
// one by itself.
func readList(piece, region string) ([]Number, bool) {
	parts := strings.FieldsFunc(piece, func(r rune) bool { return r == ',' || r == '/' })
	if len(parts) < 2 {
		return nil, false
	}
	var out []Number
	for _, part := range parts {
		n, ok := readOne(strings.TrimSpace(part), region)
		if !ok {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

// certain returns the digits of E.164 of a text that is one number and can be read in one way only.
func certain(text, region string) (string, bool) {
	text = strings.TrimSpace(text)
	d := Digits(text)
	if len(d) < minSearchDigits || len(d) > maxDigits+2 || !shape.MatchString(text) {
		return "", false
	}
	if region == "" {
		region = DefaultRegion
	}
	if strings.Contains(text[:2], "+") {
		return withPlus(d, region)
	}
	if n := parse(d, region); n != nil && phonenumbers.IsValidNumber(n) && national(n, text, d, region) {
		return e164(n), true
	}
	for _, within := range []string{d, strings.TrimPrefix(d, phonenumbers.GetNddPrefixForRegion(region, true))} {
		if got, ok := current(callingCode(region) + within); ok {
			return got, true
		}
	}
	for _, out := range []string{"00", "810"} { // what is dialled before a country code
		if rest, ok := strings.CutPrefix(d, out); ok && len(rest) >= minInternationalDigits {
			if got, ok := international(rest); ok {
				return got, true
			}
		}
	}
	if len(d) >= minBare {
		return international(d)
	}
	return "", false
}

// withPlus reads digits after a plus. Those that could be a number stay as they are, whether or not the plan has it today.
func withPlus(d, region string) (string, bool) {
	if rest, ok := strings.CutPrefix(d, "00"); ok {
		d = rest
	}
	if got, ok := international(d); ok {
		return got, true
	}
	n := parse("+"+d, region)
	if n == nil { // no country has the code: "+8 999…"
		if n = parse(d, region); n != nil && phonenumbers.IsValidNumber(n) && len(phonenumbers.GetNationalSignificantNumber(n)) < len(d) {
			return e164(n), true
		}
		return "", false
	}
	return d, phonenumbers.IsPossibleNumber(n) && e164(n) == d
}

// international reads digits that begin with a country code.
func international(d string) (string, bool) {
	n := parse("+"+d, "")
	if n == nil {
		return "", false
	}
	if phonenumbers.IsValidNumber(n) {
		return e164(n), true
	}
	if got, ok := current(d); ok {
		return got, true
	}
	return current(e164(n)) // without a trunk prefix
}

// national reports whether a valid number that was typed without its country code is surely one of the region: the code of
// the country, or what is dialled before a number within it, may stand in front of one that lacks a digit.
func national(n *phonenumbers.PhoneNumber, text, d, region string) bool {
	code := callingCode(region)
	if phonenumbers.GetNationalSignificantNumber(n) != d {
		return true // something was in front of it, and that was cut off
	}
	first := Digits(text[:strings.IndexFunc(text+" ", func(r rune) bool { return !isDigit(r) && r != '(' })])
	if first == code || first == phonenumbers.GetNddPrefixForRegion(region, true) {
		return false
	}
	return code == "1" || phonenumbers.IsValidNumberForRegion(n, region)
}

// parse reads a text with the library; nil when it is no number.
func parse(text, region string) *phonenumbers.PhoneNumber {
	n, err := phonenumbers.Parse(text, region)
	if err != nil {
		return nil
	}
	return n
}

func e164(n *phonenumbers.PhoneNumber) string {
	return strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+")
}

// valid reports whether digits with their country code are a number of a plan.
func valid(d string) bool {
	n := parse("+"+d, "")
	return n != nil && phonenumbers.IsValidNumber(n) && e164(n) == d
}
