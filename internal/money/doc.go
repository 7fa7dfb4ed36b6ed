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
