// Package login owns the login to amoCRM: the flow that gets a grant, the stored grant, and the source of access tokens. It
// refuses to know pages, sessions and what the tokens are used for.
//
//	start ──redirect──▶ amoCRM ──callback──▶ Finish ──▶ connected ──▶ lost ──login──▶ connected
//	                                           │            ▲ │          (amoCRM says so, disconnected, refused for 12 hours)
//	                                           └─ conflict ─┘ └─ refresh: 15 min before the end, on a 401, weekly when idle
//	                                              (Decide)
//
// amoCRM's refresh token is single-use, and losing one costs a person's login. Invariants:
//   - one refresh at a time per tenant over all replicas: a lock, a look again after it, and a generation number that the write
//     compares, because the lock may fail;
//   - a new pair is stored before anybody uses it, and a refresh that has begun ends even when nobody waits for it any more;
//   - a grant is lost only when amoCRM says so ("revoked") or has refused it for 12 hours, and nobody has changed it meanwhile. A
//     refusal without a reason, no answer, 5xx, a block, a wrong configuration: the grant stays, and tries wait 1, 5, 15 minutes;
//   - tokens that are refused although they were just issued are not changed for others at once: a refusal refreshes once, then
//     after 1, 5, 15 minutes;
//   - a renamed account is followed: what refuses the grant at its address is asked about only at amoCRM's own host, and the
//     grant is lost only when amoCRM has answered there;
//   - a client secret goes to no host that has not passed the host rules and is not the tenant's own;
//   - tokens and secrets are sealed at rest and appear in no log and no error.
package login
