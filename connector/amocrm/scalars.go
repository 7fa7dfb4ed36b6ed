package amocrm

import (
	"regexp"
	"strings"
)

var (
	decimal   = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,30})?$`)
	thousands = regexp.MustCompile(`^-?[1-9][0-9]{0,2},[0-9]{3}$`)
)

// parseDecimal reads a number as people write it ("1 500,50", "1,500.50") and gives it with a point. "1,500" is refused:
// it means two things.
func parseDecimal(s string) (string, bool) {
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\'', '’':
			return -1
		}
		return r
	}, strings.TrimPrefix(strings.TrimSpace(s), "+"))
	if thousands.MatchString(s) {
		return "", false
	}
	switch point, comma := strings.LastIndex(s, "."), strings.LastIndex(s, ","); {
	case comma > point:
		s = strings.ReplaceAll(s[:comma], ".", "") + "." + s[comma+1:]
	case comma >= 0:
		s = strings.ReplaceAll(s[:point], ",", "") + s[point:]
	}
	return s, decimal.MatchString(s)
}

// parseBool reads a flag as programs and people write it, in the languages of the texts.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1", "on", "yes", "y", "sí", "si", "sim", "да", "так", "ha":
		return true, true
	case "false", "0", "off", "no", "n", "não", "nao", "нет", "ні", "yoʻq", "yo'q":
		return false, true
	}
	return false, false
}
