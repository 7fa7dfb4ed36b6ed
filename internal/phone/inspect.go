package phone

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Why a number can't be read. Each is part of a text's key.
const (
	WhyNone  = "none"  // no digits that could be a phone
	WhyShort = "short" // too few digits for a number of the region
	WhyLong  = "long"  // too many
	WhyCode  = "code"  // no country has the code
	WhyPlan  = "plan"  // as long as the region's numbers, but the region has none of the kind
)

// Reading is how one number in a text is read.
type Reading struct {
	Text      string // E.164 when it is certain, else its digits
	Region    string // ISO 3166-1 alpha-2, "" for a number of no country
	Code      int    // calling code, 0 for none
	Extension string // digits
	Why       string // it can't be read, "" when it can
}

// Inspect says how the numbers of a text are read, and of one that can't be read why not.
func Inspect(text, region string) []Reading {
	if region == "" {
		region = DefaultRegion
	}
	var out []Reading
	for _, n := range Read(text, region) {
		if !n.Certain {
			out = append(out, doubtful(n.Digits, afterPlus(text, n.Digits), region))
			continue
		}
		r := Reading{Text: "+" + n.Digits, Extension: Digits(n.Tail)}
		if p := parse(r.Text, ""); p != nil {
			r.Code, r.Region = int(p.GetCountryCode()), phonenumbers.GetRegionCodeForNumber(p)
			if r.Region == "" { // possible, but of no plan today
				r.Region = phonenumbers.GetRegionCodeForCountryCode(r.Code)
			}
		}
		out = append(out, r)
	}
	if len(out) > 0 {
		return out
	}
	if d := Digits(clean(text)); d != "" && len(d) < minSearchDigits {
		return []Reading{{Text: d, Region: region, Code: phonenumbers.GetCountryCodeForRegion(region), Why: WhyShort}}
	}
	return []Reading{{Why: WhyNone}}
}

// afterPlus reports whether digits stand behind a plus in a text.
func afterPlus(text, digits string) bool {
	for _, rest := range strings.Split(clean(text), "+")[1:] {
		if strings.HasPrefix(Digits(rest), digits) {
			return true
		}
	}
	return false
}

// doubtful says why digits are no number, as they stand behind a plus or not.
func doubtful(digits string, plus bool, region string) Reading {
	r := Reading{Text: digits, Why: WhyCode}
	n := parse("+"+digits, "")
	if !plus && (n == nil || len(digits) < minBare) {
		n = parse(digits, region)
	}
	if n == nil {
		return r
	}
	r.Code, r.Region, r.Why = int(n.GetCountryCode()), phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode())), WhyPlan
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.TOO_SHORT:
		r.Why = WhyShort
	case phonenumbers.TOO_LONG:
		r.Why = WhyLong
	case phonenumbers.INVALID_LENGTH: // between two lengths of the plan: the usual one is meant
		r.Why = WhyLong
		usual := phonenumbers.GetExampleNumber(r.Region)
		if usual != nil && len(nationalDigits(n)) < len(nationalDigits(usual)) {
			r.Why = WhyShort
		}
	}
	return r
}

func nationalDigits(n *phonenumbers.PhoneNumber) string {
	return phonenumbers.GetNationalSignificantNumber(n)
}
