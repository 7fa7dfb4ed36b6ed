// Package oauth owns the login to amoCRM: the flow that gets a grant, the stored grant, and the source of access tokens. It
// refuses to know pages, sessions and what the tokens are used for.
//
//	start ──redirect──▶ amoCRM ──callback──▶ Finish ──▶ connected ──▶ lost ──login──▶ connected
//	                                           │            ▲ │          (401 at a refresh, disconnected, refused twice)
//	                                           └─ conflict ─┘ └─ refresh: 15 min before the end, on a 401, weekly when idle
//	                                              (Decide)
//
// amoCRM's refresh token is single-use, and losing one costs a person's login. Invariants:
//   - one refresh at a time per tenant over all replicas: a lock, a look again after it, and a generation number that the write
//     compares, because the lock may fail;
//   - a new pair is stored before anybody uses it, and a refresh that has begun ends even when nobody waits for it any more;
//   - a grant is lost only when amoCRM says so (401) and nobody has changed it meanwhile. No answer, 5xx, a block, a wrong
//     configuration: the grant stays;
//   - a renamed account is followed: what refuses the grant at its address is asked about only at amoCRM's own host, and the
//     grant is lost only when amoCRM has answered there;
//   - a client secret goes to no host that has not passed the host rules and is not the tenant's own;
//   - tokens and secrets are sealed at rest and appear in no log and no error.
package oauth
