// Package crm turns helpdesk words into CRM words and back: who of the CRM is this client, which deals has he, what
// happened in a deal, and how a contact, a deal or a comment is made from a ticket.
//
// It owns matching (phone, e-mail), the link from a helpdesk client to a contact, the memory of what was just made, the
// caches of CRM reads and the mapping of refusals to form fields. It refuses to know HTTP handlers, HTML, languages,
// helpdesks and tokens: texts for people are catalogue keys with arguments, money and times are raw values.
//
// Invariants:
//   - A contact is shown for a client only when it is linked, was made for him, or one of its phones or e-mails equals
//     one of his; amoCRM's search is fuzzy and is never believed, and never asked with an empty query.
//   - A new contact joins only a company whose name is exactly the one given, case aside.
//   - Nothing is created twice on purpose: a write whose answer was lost is looked for before anybody tries again.
//   - Old data is better than none: what could be read within a day is shown with its age when the CRM fails.
//   - A helper of one tenant never reads or writes a key of another: every key is made by store.Key(tenant, …).
package crm
