// Package oauth owns grants of outside systems: who has logged in where, the stored tokens, their refresh and the values of a
// login under way. A grant belongs to one tenant and one provider. It refuses to know a provider's pages, hosts and answers:
// a Provider knows them.
//
//	connected ──▶ lost ──login──▶ connected
//	 ▲ │          (the provider says so, disconnected, refused for 12 hours)
//	 └─ refresh: 15 min before the end, on a 401, weekly when idle
//
// A refresh token is single-use, and losing one costs a person's login. Invariants:
//   - one refresh at a time per grant over all replicas: a lock, a look again after it, and a generation number that the write
//     compares, because the lock may fail;
//   - a new pair is stored before anybody uses it, and a refresh that has begun ends even when nobody waits for it any more;
//   - a grant is lost only when the provider says so or has refused it for 12 hours, and nobody has changed it meanwhile. A
//     refusal without a reason, no answer, 5xx, a block, a wrong configuration: the grant stays, and tries wait 1, 5, 15 minutes;
//   - tokens that are refused although they were just issued are not changed for others at once: a refusal refreshes once, then
//     after 1, 5, 15 minutes;
//   - tokens and secrets are sealed at rest and appear in no log and no error.
//
// A server-to-server grant (Server) has no refresh token: a token is asked for when the last one ends, by one replica.
package oauth
