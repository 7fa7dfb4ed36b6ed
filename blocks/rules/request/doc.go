// Package request reads what a helpdesk rule sends and says what is wrong with it (usedesk.md §3.2). It is pure: the same body
// gives the same Request, Remarks and Problems.
//
// It refuses to know the CRM's account, tickets and what becomes of a request.
//
// Invariants:
//   - A mistake in the structure of a rule stops it. One that a value carries costs that value alone and is a remark, unless the rule
//     is strict.
//   - Every mistake is named at once, by its path in the body as it came.
//   - A stored request is read back as it is.
package request
