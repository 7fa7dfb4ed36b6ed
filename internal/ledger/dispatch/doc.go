// Package dispatch gives the due jobs of all tenants to a handler: it finds out which tenants have some, claims them, keeps the
// claims alive, and tells who waits for a job of its end.
//
// It refuses to know what a job is about (package ledger keeps it, its handler works it off).
//
// Invariants:
//   - A hint says that a tenant has due work. Hints may get lost; a sweep over all tenants finds what they should have said.
//   - Redis' clock may be set: a lease that a step forward has ended is left to its worker for another one.
//   - A stop claims nothing more and gives what has begun eight seconds.
package dispatch
