// Package store owns Redis: the connection, a Redis of our own when none is given, key names, sealed values, locks, the
// request limiter and the cache. It refuses to know any business word: tenants, grants and deals are strings and bytes here.
//
// Invariants:
//   - every key of a tenant carries the hash tag {tenant}, and every script touches one slot, so all of it runs on a cluster;
//   - time is Redis' own (TIME), never the replica's;
//   - what is secret is sealed before it gets here or by Ring, bound to the key it lies under;
//   - a Lock may fail and is no fence: what must not happen twice is compared again where it is written.
package store
