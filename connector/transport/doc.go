// Package transport makes one bounded, guarded HTTP exchange with an outside system. It owns the list of allowed hosts and
// the client that holds to it, the check for public addresses, the sizes of answers, the decision whether a failed request
// can have reached the server, and the repeating of reads. It knows no API, no token, and nothing of a path but its shape.
//
// Invariants: a host that is not on the list is never dialled, not even after a redirect; an address with a user name,
// a query, an unexpected port or an IP number is refused; a vendor's name is dialled only at a public address; the scheme
// comes from the list, never from the caller; no answer is larger than MaxBody in memory; an error holds no address; only
// what the caller names a read is repeated, at most twice, and never past the context's deadline.
package transport
