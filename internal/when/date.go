package when

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// read reads a date with or without a time of day.
func (c Calendar) read(text string) (stamp, error) {
	const longest = 100 // bytes
	if text = fold(text); len(text) > longest {
		return stamp{}, &Error{NoDate}
	}
	if m := compact.FindStringSubmatch(text); m != nil {
		text = m[1] + "-" + m[2] + "-" + m[3] + "t" + m[4] + ":" + m[5] + ":" + cmp.Or(m[6], "00") + m[7]
	}
	before, behind, clock, found, err := takeClock(text)
	if err != nil {
		return stamp{}, err
	}
	s := stamp{clock: clock}
	if found {
		behind, s.zone = takeZone(behind, c.zone())
	}
	words := wordsOf(before + " " + behind)
	if words == nil {
		return stamp{}, &Error{NoDate}
	}
	if err := c.date(words, &s); err != nil {
		return stamp{}, err
	}
	return s, s.checkDay()
}

// word is a number or a word of a date, with what stands between it and the next one.
type word struct {
	text   string
	number int // -1 for a word
	gap    string
}

// marks stand around the day in documents: «30» ноября 2026.
const marks = `"«»“”`

var wordForm = regexp.MustCompile(`(\d+|\pL[\pL']*)([^\pL\d]*)`)

// wordsOf cuts a date into its words; nil when it holds other characters than a date has between them.
func wordsOf(text string) (out []word) {
	text = strings.Trim(text, " .,;()-'"+marks)
	for _, m := range wordForm.FindAllStringSubmatch(text, -1) {
		gap := strings.Trim(m[2], " ")
		if gap == "" && m[2] != "" {
			gap = " "
		}
		if strings.Trim(gap, ".,/-()'° "+marks) != "" {
			return nil
		}
		w := word{m[1], -1, gap}
		if n, err := strconv.Atoi(m[1]); err == nil {
			w.number = n
		} else if unicode.IsDigit(rune(m[1][0])) {
			return nil // a number longer than any
		}
		out = append(out, w)
	}
	if first, _ := utf8.DecodeRuneInString(text); len(out) > 0 && !unicode.IsLetter(first) && !unicode.IsDigit(first) {
		return nil
	}
	return out
}

// date reads the words of a date. Every word has to mean something.
func (c Calendar) date(words []word, s *stamp) error {
	month := monthAt(words)
	var numbers []word
	before := 0 // numbers that stand before the month
	for i, w := range words {
		day, isWeekday := weekdays[w.text]
		switch {
		case w.number >= 0:
			numbers = append(numbers, w)
		case i == month:
			s.month, before = monthNames[w.text], len(numbers)
		case isWeekday:
			s.weekday, s.hasWeekday = time.Weekday(day-1), true
		case !fillers[w.text]:
			return &Error{NoDate}
		}
	}
	if month >= 0 {
		return s.named(numbers, before)
	}
	return c.numeric(numbers, s)
}

// monthAt returns which word names the month, -1 for none. "mar" is also the Spanish Tuesday: another month wins, else the
// last one.
func monthAt(words []word) int {
	at := -1
	for i, w := range words {
		if _, ok := monthNames[w.text]; !ok {
			continue
		}
		if _, both := weekdays[w.text]; !both {
			return i
		}
		at = i
	}
	return at
}

// named reads day and year beside the name of a month, which behind numbers stand before.
func (s *stamp) named(numbers []word, before int) error {
	if len(numbers) == 1 && len(numbers[0].text) <= 2 {
		return &Error{NoYear}
	}
	if len(numbers) != 2 {
		return &Error{NoDate}
	}
	day, year := numbers[0], numbers[1]
	if len(day.text) == 4 && len(year.text) <= 2 {
		day, year = year, day
	}
	if len(day.text) > 2 || before == 2 && len(year.text) == 2 {
		return &Error{NoDate}
	}
	s.day = day.number
	return s.setYear(year)
}

// numeric reads a date of three numbers with the same mark between them, or of eight digits.
func (c Calendar) numeric(n []word, s *stamp) error {
	if len(n) == 1 && len(n[0].text) == 8 && compactDay(n[0].text) {
		s.year, s.month, s.day = n[0].number/10000, n[0].number/100%100, n[0].number%100
		return nil
	}
	if len(n) == 2 && len(n[0].text) <= 2 && len(n[1].text) <= 2 {
		return &Error{NoYear}
	}
	if len(n) != 3 || n[0].gap != n[1].gap || len(n[0].gap) != 1 || len(n[1].text) > 2 {
		return &Error{NoDate}
	}
	first, last := len(n[0].text), len(n[2].text)
	switch {
	case first == 4 && last <= 2, first == 2 && last == 2 && n[0].number > 31:
		s.month, s.day = n[1].number, n[2].number
		return s.setYear(n[0])
	case first <= 2 && (last == 4 || last == 2):
		if err := c.dayAndMonth(n[0].number, n[1].number, n[0].gap, s); err != nil {
			return err
		}
		return s.setYear(n[2])
	}
	return &Error{NoDate}
}

// dayAndMonth decides which of two numbers is the day.
func (c Calendar) dayAndMonth(a, b int, gap string, s *stamp) error {
	s.day, s.month = a, b
	switch {
	case a == b, a > 12 && b <= 12:
		return nil
	case a > 12:
		return &Error{Impossible}
	case b > 12:
		s.day, s.month = b, a
	case c.Order == MonthFirst && gap == ".", c.Order == Unknown && gap != ".":
		return &Error{Ambiguous}
	case c.Order == MonthFirst:
		s.day, s.month = b, a
	}
	return nil
}

// setYear reads a year of four or two digits; 69 to 99 are of the last century.
func (s *stamp) setYear(w word) error {
	switch len(w.text) {
	case 4:
		s.year = w.number
		return nil
	case 2:
		s.shortYear = true
		if s.year = w.number + 2000; w.number >= 69 {
			s.year -= 100
		}
		return nil
	}
	return &Error{NoDate}
}
