// Package ledger keeps the jobs of tenants in Redis: it stores them before anybody is told that they are accepted, gives them to
// workers in batches, and keeps what has become of them for people to look at and to change.
//
// It refuses to know what a job is about. Its request, its steps (what has been done already) and its problems are types of
// the caller, stored sealed as JSON; the order in which jobs wait for each other, how often they may repeat and how long they are
// kept come from their kind.
//
// Life of a job:
//
//	accepted ──claim──▶ working ──▶ done
//	   ▲                 │ │ └────▶ failed   needs a person
//	   ├──── postpone ───┘ └──────▶ held     nobody is logged in
//	   └──────── resume, restart ────────┘
//
// A person may also drop what is accepted, held or failed: then it is dropped, and nothing more happens to it.
//
// Invariants:
//   - A job is stored before anybody is told "accepted", and never leaves the ledger unfinished.
//   - Every change of a working job names the claim that it belongs to; a worker that comes late changes nothing.
//   - Redis' clock may be set. A lease that a step forward has ended is left to its worker for another one, and a step back
//     moves what is due along with it: nothing is done twice for the one, nothing waits as long as the other.
//   - Waiting uses up no attempt.
//   - Jobs of one order are worked off in the order in which they were accepted; a restarted one joins at the end.
//   - A person's change names the job as it was seen; when it has changed since, nothing is done.
//   - Finished jobs are kept for the times of their kind. Beyond its bound the oldest done ones go earlier, never while a
//     repeat is recognised by them, and are counted.
//   - Of an order that repeats more often than its kind allows, one failed job is kept, which counts the rest.
package ledger
