// Package webhooks keeps what agents see fresh: it has amoCRM tell us when deals and contacts change, and tells the open panels.
// It owns the webhook subscriptions of all tenants, the address that amoCRM posts to, and the channel from there to whoever
// watches. It refuses to know pages and what a deal looks like.
//
//	login ──▶ subscribe ──▶ watchdog: every tenant every ten minutes: subscribes again what is missing, disabled or has other settings
//	               │             └─ no administrator, no tariff, address refused: asked again after a day or the next login
//	amoCRM ──POST /hooks/amocrm/{secret}──▶ 200 ──queue──▶ parse ──▶ caches of these deals and contacts are old ──▶ panels
//
// Invariants:
//   - amoCRM signs nothing (amocrm.md §7.2), so the secret in the path is the proof, and the body is never believed: it only
//     says what to read again;
//   - every request to the address is answered 200 at once, with a right secret, a wrong one or nonsense;
//   - a hint may be lost (queue full, Redis away, restart): then data is as old as its cache allows, never wrong for longer;
//   - accounts that do not answer take a place each for ten seconds an hour: the turns of the others go on;
//   - secrets are sealed at rest, found by fingerprint, and appear in no log.
package webhooks
