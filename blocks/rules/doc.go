// Package rules turns a helpdesk rule's POST into one deal in the CRM: it stores the request as a job in the ledger, has it worked
// off (package worker) and shows and changes jobs for people (freeCreateLead; usedesk.md §3.2, amocrm.md §5.3). People call a job a
// firing or a run.
//
// It refuses to know HTTP routes and keys (package accept), how clients are matched to contacts (internal/crm) and how
// grants are kept (package oauth).
//
// Invariants, beside those of the ledger:
//   - Jobs of one ticket are worked off in the order in which they were accepted; a retried one joins at the end.
//   - Done jobs are kept for 7 days, failed and dropped ones for 90. Beyond 10,000 of them the oldest done ones go
//     earlier, never within the 24 hours in which a repeat is recognised by them, and are counted.
//   - A ticket that fires more than 20 times within an hour is stopped with one failed job, which counts the rest.
package rules
