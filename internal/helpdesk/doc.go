// Package helpdesk is a ticket and its client as all blocks use them, whatever helpdesk they come from: the types, the names
// under which a ticket's values stand in templates and mappings, and the plain text of the HTML in which helpdesks send
// messages.
//
// It refuses to know where a ticket comes from (package blocks reads the request of a card, package blocks/rules reads the
// helpdesk's API) and what is made of it.
//
// Invariants: what a ticket says is never read as a template; text that is no markup stays as it is.
package helpdesk
