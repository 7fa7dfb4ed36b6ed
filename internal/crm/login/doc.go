// Package login owns the login to amoCRM: the flow that gets a grant, amoCRM's button and hooks, and amoCRM as a provider of
// grants. oauth keeps the grants. It refuses to know pages, sessions and what the tokens are used for.
//
//	start ──redirect──▶ amoCRM ──callback──▶ Finish ──▶ connected (see oauth)
//	                                           │            ▲
//	                                           └─ conflict ─┘
//	                                              (Decide)
//
// Invariants, besides those of oauth:
//   - a renamed account is followed: what refuses the grant at its address is asked about only at amoCRM's own host, and the
//     grant is lost only when amoCRM has answered there;
//   - a client secret goes to no host that has not passed the host rules and is not the tenant's own.
package login
