// Package privacy knows where things are kept of a tenant and of one person, one of a helpdesk's clients: it shows them,
// hands them out and erases them, for the operator. It refuses to know why they are kept.
//
// Invariants:
//   - nothing that it shows or hands out holds a secret: no token, no key, no client secret, no webhook's address;
//   - what is erased is found by what lies in Redis, not by a list of kinds, wherever that can be said of a tenant;
//   - every walk is a bounded SCAN over all nodes of a cluster.
//
// A replica that is at work for a tenant or a person while he is erased may write once more. Erasing again finds that.
package privacy
