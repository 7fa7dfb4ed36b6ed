// Package jobs is what is stored of a rule's request: the jobs of the ledger (internal/ledger), with the steps that have been done
// of each, and the reasons why one stands as it does.
//
// It refuses to know how a job is accepted and worked off (packages rules and worker).
//
// Invariant: what is stored keeps its form. Members of Steps and Intent are only added; reasons are codes, worded where they are shown.
package jobs
