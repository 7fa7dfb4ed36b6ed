// Package transport decides to which hosts a connector may talk. It owns the rule and the HTTP client that holds to it; it
// knows nothing of the systems behind the hosts, of tokens or of paths beyond their shape.
//
// Invariants: a host that is not on the list is never dialled, not even after a redirect; an address with a user name,
// a query, an unexpected port or an IP number is refused; a vendor's name is dialled only at a public address; the scheme
// comes from the list, never from the caller.
package transport
