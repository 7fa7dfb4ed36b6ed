// Package crm is a tenant's amoCRM account as every block uses it: opened with its limiter and breaker, its reads cached, its
// writes made once. What is done in an account stands in the packages below, each a type over an Account:
//
//	people     who of the CRM a client of the helpdesk is; contacts
//	companies  companies by name
//	deals      lists, card and forms of deals
//	feed       what happened in a deal; comments
//	tasks      open tasks of a deal
//	fields     custom fields: codecs, layouts, mappings
//	subjects   an account with all of these
//	login      the login to amoCRM
//	webhooks   what has changed in amoCRM
//
// It owns the vocabulary of an account, the keys of all that is stored of it, the age of cached reads, the protocol for lost
// answers and the errors of forms. It refuses to know HTTP handlers, HTML, languages and tokens: texts for people are catalogue
// keys with arguments, money and times are raw values.
//
// Invariants:
//   - Nothing is created twice on purpose: a write whose answer was lost is looked for before anybody tries again.
//   - Old data is better than none: what could be read within a day is shown with its age when the CRM fails.
//   - An account of one tenant never reads or writes a key of another: every key is one of Keys.
package crm
