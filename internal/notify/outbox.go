package notify

import "time"

const (
	triesEvery = 30 * time.Second // first pause, doubled each time
	triesPause = time.Hour        // longest
	giveUp     = 24 * time.Hour
)

// outboxMessage is a message that some channels have not taken yet.
type outboxMessage struct {
	Message  message   `json:"message"`
	Channels []string  `json:"ways"`
	Made     time.Time `json:"made"`
	Due      time.Time `json:"due"`
	Tries    int       `json:"tries,omitempty"`
}

// again plans the next try; false when it was tried long enough.
func (p *outboxMessage) again(now time.Time) bool {
	pause := min(triesEvery<<min(p.Tries, 10), triesPause)
	p.Tries++
	p.Due = now.Add(pause)
	return now.Sub(p.Made) < giveUp
}
