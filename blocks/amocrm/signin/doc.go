// Package signin is the front side of the login to amoCRM: the page that asks for it, the way there and back, what is shown
// at its end, and the two addresses that amoCRM itself calls.
//
// It refuses to know how a login is proven and where tokens live: that is internal/crm/login.
//
// Invariants: only the browser that began a login can end it; no page of a login can be framed; a failed one says what to do.
package signin
