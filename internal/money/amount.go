// Package money owns amounts of money: exact sums, and the one reading of what people and machines write for them.
//
// An Amount counts hundredths and is never a float. Parse reads a person's writing, FromJSON a JSON number. Both give
// one number that is certain, or an error that tells what is wrong; they never drop a character that they don't know.
// The package knows no CRM: whether an account keeps cents and takes negative amounts is the caller's.
//
// # What Parse accepts
//
//   - digits, plain or in groups of three that are parted by one kind of mark: space (no-break and thin ones too),
//     apostrophe, comma or point; with commas in India's groups too (12,34,567);
//   - one or two decimals after a comma or a point, when the groups have another mark; more of them when they are zeros;
//   - a minus before the number or before its currency;
//   - a currency before or after it, or both when they mean the same: sign, ISO code, usual word ("руб.", "so'm");
//   - kopecks in words ("1500 руб. 50 коп."), the dash in their place ("500,-"), one point at the end;
//   - a word for thousands or millions ("10 тыс.", "1,5 млн"), and "k" directly after a digit.
//
// # What is refused
//
// One mark with exactly three digits behind it and one to three before it ("1.234", "85,000") is a thousand and more
// to one reader and one and a bit to another (ErrAmbiguous). It is read as thousands only where Hints.Group is that
// mark, or where Hints.Group is unknown and a currency stands beside: sums in thousandths of a currency aren't written.
//
// A plus ("+500" may add to what is there), leading zeros ("0501234567" is a phone), exponents, percents, ranges,
// products and every other word are no amount (ErrNotNumber). More than two decimals are ErrTooFine. A currency that
// can't be the account's is ErrCurrency: 500 dollars are not 500 roubles.
package money

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Amount is an exact sum in hundredths of the currency's unit: 1500.50 is 150050.
type Amount int64

// maxUnits bounds an amount in whole units. With two decimals such a number has 15 digits, which is what a float64 keeps
// exactly; amoCRM's own clients read amounts into one.
const maxUnits = 9_999_999_999_999

// Of returns the amount of so many whole units.
func Of(units int64) Amount { return Amount(units * 100) }

// Near returns the amount nearest to f, at most the largest that there is. It is for what was read from a system that
// keeps amounts as floats.
func Near(f float64) Amount {
	return Amount(math.Round(min(max(f, -maxUnits), maxUnits) * 100))
}

// Cents returns what is left beside the whole units, in hundredths; it has the sign of the amount.
func (a Amount) Cents() int64 { return int64(a) % 100 }

// Float returns the amount for a formatter. Within the limits of this package it is exact to the cent.
func (a Amount) Float() float64 { return float64(a) / 100 }

// String writes the amount with a point and with its cents only where there are any: "1500", "1500.50", "-0.05".
func (a Amount) String() string {
	sign, n := "", uint64(a)
	if a < 0 {
		sign, n = "-", -n
	}
	units := sign + strconv.FormatUint(n/100, 10)
	if n%100 == 0 {
		return units
	}
	return fmt.Sprintf("%s.%02d", units, n%100)
}

// JSON returns the amount as a JSON number: 1500, 1500.5.
func (a Amount) JSON() json.Number {
	s := a.String()
	if a.Cents() != 0 {
		s = strings.TrimSuffix(s, "0")
	}
	return json.Number(s)
}

func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.JSON()), nil }

// UnmarshalJSON takes a JSON number that is exact to the cent. What it refuses are the errors of FromJSON.
func (a *Amount) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := FromJSON(json.Number(b))
	if err != nil {
		return err
	}
	*a = n
	return nil
}

// FromJSON reads a JSON number: a machine's writing, in which the point is always the decimal mark and "1.5e3" is 1500.
func FromJSON(n json.Number) (Amount, error) {
	s := n.String()
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(s), "e")
	shift := 0
	if scientific {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift < -maxWritten || shift > maxWritten {
			return 0, ErrTooLarge
		}
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || len(s) > maxWritten || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, ErrNotNumber
	}
	return sum(negative, whole, fraction, shift)
}

// sum is the amount whose digits are whole and fraction, times ten to the power of shift.
func sum(negative bool, whole, fraction string, shift int) (Amount, error) {
	if shift >= 0 {
		fraction += strings.Repeat("0", max(shift-len(fraction), 0))
		whole, fraction = whole+fraction[:shift], fraction[shift:]
	} else {
		whole = strings.Repeat("0", max(-shift-len(whole), 0)) + whole
		at := len(whole) + shift
		whole, fraction = whole[:at], whole[at:]+fraction
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if len(fraction) > 2 {
		return 0, ErrTooFine
	}
	fraction += strings.Repeat("0", 2-len(fraction))
	if len(whole) > len(strconv.Itoa(maxUnits)) {
		return 0, ErrTooLarge
	}
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNotNumber, err)
	}
	if negative {
		n = -n
	}
	return Amount(n), nil
}
