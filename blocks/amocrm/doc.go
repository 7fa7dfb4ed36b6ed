// Package amocrm is the amoCRM block: what an agent sees of a client's contacts and deals beside a ticket. Handlers turn
// a request into calls of the account, view models turn values into texts of the reader's language, templates lay them out.
//
// It owns the pages, their states and the login's front side. It refuses to know how people are matched, where tokens
// live and what the wire looks like: that is internal/crm and connector/amocrm.
//
// Invariants: every state shows exactly one next step; every page works without script (links and forms), htmx only
// saves the reload; every id from the browser is used through the session's tenant alone; no page takes longer than its
// budget; what was typed survives an error; a form sent twice acts once.
package amocrm
