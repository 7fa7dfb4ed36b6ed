// Package rules turns a helpdesk rule's POST into one deal in the CRM: it reads the request, stores it as an entry of a
// ledger, and works the entries off (freeCreateLead; usedesk.md §3.2, amocrm.md §5.3).
//
// It refuses to know HTTP routes and keys (package api), how clients are matched to contacts (package crm) and how
// grants are kept (package oauth).
//
// Life of an entry:
//
//	accepted ──claim──▶ working ──▶ done
//	   ▲                 │ │ └────▶ failed   the CRM refused it: needs a person
//	   ├──── postpone ───┘ └──────▶ held     nobody is logged in to the CRM
//	   └──────── release, retry, edit, adopt ────┘
//
// A person may also drop what is accepted, held or failed: then it is dropped, and nothing more happens to it.
//
// Invariants:
//   - An entry is stored before anybody is told "accepted", and never leaves the ledger unfinished.
//   - Every change of a working entry names the claim that it belongs to; a worker that comes late changes nothing.
//   - Nothing is sent later than two thirds of a lease after the claim was last known to be the worker's.
//   - Redis' clock may be set. A lease that a step forward has ended is left to its worker for another one, and a step back
//     moves what is due along with it: nothing is made twice for the one, nothing waits as long as the other.
//   - The intent to write is stored before the write is sent. A write whose answer is not known is looked for in the CRM
//     before it may be sent again, so one firing makes one deal.
//   - Waiting (rate limit, CRM down, dead grant) uses up no attempt.
//   - Entries of one ticket are worked off in the order in which they were accepted; a retried one joins at the end.
//   - A person's change names the state that he saw; when that is no longer the entry's, nothing is changed.
//   - Done entries are kept for 7 days, failed and dropped ones for 90. Beyond 10,000 of them the oldest done ones go
//     earlier, never within the 24 hours in which a repeat is recognised by them, and are counted.
//   - A ticket that fires more than 20 times within an hour is stopped with one failed entry, which counts the rest.
package rules
