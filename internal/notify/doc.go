// Package notify tells a tenant's people that something is wrong with their rules, by e-mail, Telegram bot or webhook, as
// the tenant chose. It owns what was said and when, the texts' order, and the three channels.
//
// It refuses to know why jobs fail and how they are worked off: it looks at a tenant's counts whenever it is told that
// something has come to rest (Settled), and at every tenant's once a minute. It never holds up the work on jobs.
//
// Three matters are watched apart, each from its first to its last job:
//
//	held     nobody is logged in to the CRM, jobs wait      -> "login_lost" … "digest" … "recovered"
//	failed   jobs are in the inbox and need a person        -> "failed"     … "digest" … "recovered"
//	remarks  deals were made without some of their values   -> "remarks"    … "digest"
//
// Nobody can take remarks back: they count for 24 hours, and their matter is over, without a word, when there were none for
// as long.
//
// Invariants:
//   - A matter is told once when it begins and once when it has been over for five minutes; in between there is one digest
//     for both, at most every six hours, less and less often while nothing changes. However many jobs fail, that is all.
//   - What was said is kept in Redis in the tenant's slot, and only who holds the tenant's lock sends anything: any number
//     of replicas sends one message.
//   - A message is stored before it is sent and struck off after: a crash in between sends it twice, never not at all.
//     (At least once. Every message has an id, the same in each try.) A channel that refuses it for good, or stays
//     unreachable for a day, is given up with a line in the log.
//   - No message holds a client's data, a session's address or a secret. A webhook is never sent into a private network.
package notify
