package amocrm

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/sidecard/sidecard/connector/wire"
)

var (
	decimal = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,30})?$`)
	// grouped are thousands with one kind of mark between them, and decimals behind another one.
	grouped   = regexp.MustCompile(`^(-?[0-9]{1,3})((?: [0-9]{3})+|(?:'[0-9]{3})+|(?:\.[0-9]{3})+|(?:,[0-9]{3})+)(?:([.,])([0-9]{1,30}))?$`)
	fraction  = regexp.MustCompile(`^(-?[0-9]{1,30}),([0-9]{1,30})$`)
	thousands = regexp.MustCompile(`^-?[1-9][0-9]{0,2},[0-9]{3}$`)
	blanks    = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "’", "'")
)

// parseDecimal reads a number as people write it ("1 500,50", "1,500.50") and gives it with a point. "1,500" is refused:
// one reader's thousands are another's decimals; and so are digits with spaces between them that are no thousands.
func parseDecimal(s string) (string, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(blanks.Replace(s)), "+")
	if thousands.MatchString(s) {
		return "", false
	}
	if decimal.MatchString(s) {
		return s, true
	}
	if m := fraction.FindStringSubmatch(s); m != nil {
		return m[1] + "." + m[2], true
	}
	m := grouped.FindStringSubmatch(s)
	if m == nil || m[3] == m[2][:1] {
		return "", false
	}
	whole := m[1] + strings.ReplaceAll(m[2], m[2][:1], "")
	if m[4] == "" {
		return whole, true
	}
	return whole + "." + m[4], true
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

// UnmarshalJSON takes what wire.Int takes.
func (id *ID) UnmarshalJSON(b []byte) error { return (*wire.Int)(id).UnmarshalJSON(b) }

// UnmarshalJSON takes what wire.Number takes.
func (n *Number) UnmarshalJSON(b []byte) error { return (*wire.Number)(n).UnmarshalJSON(b) }

// UnmarshalJSON takes what wire.Number takes.
func (u *Unix) UnmarshalJSON(b []byte) error {
	var n wire.Number
	err := n.UnmarshalJSON(b)
	*u = Unix(n)
	return err
}

// embedded decodes raw into out when it is an object; PHP writes an empty one as [].
func embedded(raw json.RawMessage, out any) error {
	if !isObject(raw) {
		return nil
	}
	return json.Unmarshal(raw, out)
}
