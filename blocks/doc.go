// Package blocks is what every helpdesk block has in common, whatever CRM stands behind it: the block request as the
// helpdesk posts it, the session that carries it into the panel, the envelope that goes back, the texts, assets and
// security headers.
//
// It refuses to know amoCRM: pipelines, deals and logins live in blocks/amocrm.
//
// Invariants: a session id is 128 random bits and opens only its own tenant; what it holds is sealed in Redis; no
// personal data stands in a URL; every page forbids inline script and foreign frames; there is every text in every
// language.
package blocks
