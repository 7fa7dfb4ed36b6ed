// Package rules turns a helpdesk rule's POST into one deal in the CRM: it reads the request, stores it as a firing in the ledger
// (internal/ledger, which has the life of a firing), and works the firings off (freeCreateLead; usedesk.md §3.2, amocrm.md §5.3).
//
// It refuses to know HTTP routes and keys (package api), how clients are matched to contacts (package crm) and how
// grants are kept (package oauth).
//
// Invariants, beside those of the ledger:
//   - Nothing is sent later than two thirds of a lease after the claim was last known to be the worker's.
//   - The intent to write is stored before the write is sent. A write whose answer is not known is looked for in the CRM
//     before it may be sent again, so one firing makes one deal.
//   - Waiting (rate limit, CRM down, dead grant) uses up no attempt.
//   - Firings of one ticket are worked off in the order in which they were accepted; a retried one joins at the end.
//   - Done firings are kept for 7 days, failed and dropped ones for 90. Beyond 10,000 of them the oldest done ones go
//     earlier, never within the 24 hours in which a repeat is recognised by them, and are counted.
//   - A ticket that fires more than 20 times within an hour is stopped with one failed firing, which counts the rest.
package rules
