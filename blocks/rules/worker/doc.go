// Package worker works the jobs of rules off: a claim of up to 50 jobs of one tenant becomes tickets, contacts, deals in one call,
// their notes in another, and an outcome for each job.
//
//	Handle → batch.run
//	  tickets  each read once, and the request worked out to a plan (package plan)
//	  contacts known, found or to be made
//	  deals    one leads/complex; one whose answer was lost is looked for first
//	  notes, tasks, remarks   one call each
//	  finish   the outcome is stored, and told to the helpdesk if the tenant wants that
//
// It refuses to know how jobs are accepted and shown (package rules) and stored and claimed (internal/ledger).
//
// Invariants:
//   - Nothing is sent later than two thirds of a lease after the claim was last known to be the worker's.
//   - The intent to write is stored before the write is sent. A write whose answer is not known is looked for in the CRM
//     before it may be sent again, so one job makes one deal (internal/once).
//   - Waiting (rate limit, CRM down, dead grant) uses up no attempt.
package worker
