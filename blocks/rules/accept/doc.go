// Package accept has the endpoints that helpdesk rules call: POST /api/freeCreateLead, which stores a request before it is answered,
// and GET /api/triggers/{id}, which tells how it stands.
//
// It refuses to know what becomes of a request (package rules): handlers bind, ask, map and answer. Internal text never leaves; a
// caller without a valid key learns only that, and has a bounded share per address.
package accept
