// Package bulk makes deals, notes and tasks of many jobs in one call each, and finds what such a call has made when its answer was
// lost.
//
// It refuses to know what the jobs are, what they store and when a lost write is looked for (package once).
//
// Invariants:
//   - One call makes everything or, when the CRM finds a mistake in one item, nothing; Outcome says whose mistake it is.
//   - What is found is read from the CRM at that moment: no cache answers.
package bulk
