// Package session is an opened card in a ticket: the block request as the helpdesk posts it, the session that carries it
// into the panel, what is kept beside it, and the envelope that goes back.
//
// It refuses to know what the panel shows: pages live in the blocks.
//
// Invariants: a session id is 128 random bits and opens only its own tenant; what a session holds is sealed in Redis; no
// personal data stands in a URL; a form that is sent twice acts once.
package session
