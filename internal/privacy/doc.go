// Package privacy shows, exports and erases what is stored of a tenant and of one person, one of a helpdesk's clients, for the
// operator. Each Keeper brings what it keeps itself; the rest of a tenant's keys is found by what lies in Redis. It refuses to
// know why things are kept.
//
// Invariants:
//   - nothing that it shows or hands out holds a secret: no token, no key, no client secret, no webhook's address;
//   - what is erased is found by what lies in Redis, not by a list of kinds, wherever that can be said of a tenant;
//   - every walk is a bounded SCAN over all nodes of a cluster.
//
// A replica that is at work for a tenant or a person while they are erased may write once more. Erasing again finds that.
package privacy
