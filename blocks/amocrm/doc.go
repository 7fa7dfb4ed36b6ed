// Package amocrm is the amoCRM block: what an agent sees of a client's contacts and deals beside a ticket. It opens the card,
// answers with a frame or with the static card, which needs no script, and joins the pages:
//
//	panel/people    first screen, search, new contact        panel/rows   deals in rows, used by people and deal
//	panel/deal      an opened deal: card, tasks, comments    panel/feed   what happened in a deal
//	panel/newdeal   form of a new deal                       panel/forms  values of fields as texts and inputs, and back
//	panel/settings  what a company chooses                   signin, live login, hints of changes
//
// In each of these handlers turn a request into calls of the account, view models turn values into texts of the reader's
// language, templates lay them out. Each names in its interface CRM what it asks of an account. The block refuses to know how
// people are matched, where tokens live and what the wire looks like: that is internal/crm and connector/amocrm.
//
// Invariants: every state shows exactly one next step; every page works without script (links and forms), htmx only
// saves the reload; every id from the browser is used through the session's tenant alone; no page takes longer than its
// budget; what was typed survives an error; a form sent twice acts once.
package amocrm
