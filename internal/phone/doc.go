// Package phone reads phone numbers as people write them: their normal form, whether two are the same, what to search for,
// whether a text is one, and how one is written for a reader who may see all of it or only its end.
//
// It owns the reading of numbers without a country code, the numbering plans (nyaruka/phonenumbers) and the mask. It refuses
// to know tenants, contacts and languages.
//
// Invariants:
//   - There is one reading of a number. What is compared, searched for, stored and shown is read in the same way. Digits
//     within a text are a phone only as they are written there: a missing plus or a wrong prefix is not made up for.
//   - A number is changed or completed only when some numbering plan could hold it; otherwise it stays as it was typed.
//   - A masked number keeps its country code and its last four digits, and cannot be read back without the numbers it may be.
package phone
