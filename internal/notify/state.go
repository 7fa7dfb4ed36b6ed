package notify

import "time"

const (
	digestEvery    = 6 * time.Hour      // at most
	maxDigestPause = 7 * 24 * time.Hour // between digests while nothing changes
	quietFor       = 5 * time.Minute    // without trouble before it counts as over
	maxOutbox      = 3                  // messages that wait to be sent; newer ones say more
	triesEvery     = 30 * time.Second   // first pause between tries to send one, doubled each time
	triesPause     = time.Hour          // longest
	giveUp         = 24 * time.Hour
)

// Event is what a message is about.
type Event string

// Events. Test is sent on request only.
const (
	EventFailed    Event = "failed"
	EventRemarks   Event = "remarks"
	EventLoginLost Event = "login_lost"
	EventDigest    Event = "digest"
	EventRecovered Event = "recovered"
	EventTest      Event = "test"
)

// saidSchema is the form in which said is stored.
const saidSchema = 1

// said is what a tenant has been told, as stored.
type said struct {
	V      int             `json:"v"` // form; none is the first
	Failed *matter         `json:"failed,omitempty"`
	Held   *matter         `json:"held,omitempty"`
	Remark *matter         `json:"remark,omitempty"`
	Told   time.Time       `json:"told,omitzero"`   // last message
	Pause  time.Duration   `json:"pause,omitempty"` // from it to the next digest, unless something changes
	Outbox []outboxMessage `json:"outbox,omitempty"`
}

// matter is trouble of one kind.
type matter struct {
	Since time.Time `json:"since"`
	Count int       `json:"count"`          // as last told
	Clear time.Time `json:"clear,omitzero"` // since when there is none
}

// counts is how a tenant's jobs stand. Remarks are those of the last 24 hours.
type counts struct{ Failed, Held, Remarks int }

func (v counts) message(since time.Time) message {
	return message{Since: since, Failed: v.Failed, Held: v.Held, Remarks: v.Remarks}
}

func (s *said) empty() bool {
	return s.Failed == nil && s.Held == nil && s.Remark == nil && len(s.Outbox) == 0
}

// seen is a matter with how much there is of it, and the event that begins it.
type seen struct {
	m     **matter
	count int
	event Event
}

func (s *said) seen(v counts) []seen {
	return []seen{{&s.Held, v.Held, EventLoginLost}, {&s.Failed, v.Failed, EventFailed}, {&s.Remark, v.Remarks, EventRemarks}}
}

// next changes what is known by what is seen and returns the next thing to say, "" for nothing. It is asked until it has
// nothing to say; what it returns counts as said.
func (s *said) next(now time.Time, v counts) (Event, message) {
	for _, k := range s.seen(v) {
		if *k.m == nil && k.count > 0 {
			*k.m = &matter{Since: now, Count: k.count}
			s.Told, s.Pause = now, digestEvery
			return k.event, v.message(now)
		}
		(*k.m).see(now, k.count)
	}
	if s.Remark.over(now) {
		s.Remark = nil
	}
	m := v.message(now)
	if m.HeldOver, m.FailedOver = s.Held.over(now), s.Failed.over(now); m.HeldOver || m.FailedOver {
		if m.HeldOver {
			m.Since, s.Held = s.Held.Since, nil
		}
		if m.FailedOver {
			if s.Failed.Since.Before(m.Since) {
				m.Since = s.Failed.Since
			}
			s.Failed = nil
		}
		s.told(now, v)
		return EventRecovered, m
	}
	return s.digest(now, v)
}

// digest is due six hours after the last message, later when the numbers are still the same.
func (s *said) digest(now time.Time, v counts) (Event, message) {
	m := v.message(now)
	changed := false
	for _, k := range s.seen(v) {
		if k.count > 0 && (*k.m).Since.Before(m.Since) {
			m.Since = (*k.m).Since
		}
		changed = changed || k.count > 0 && (*k.m).Count != k.count
	}
	since := now.Sub(s.Told)
	if v.Failed+v.Held+v.Remarks == 0 || since < digestEvery || since < s.Pause && !changed {
		return "", message{}
	}
	if s.Pause = min(2*s.Pause, maxDigestPause); changed {
		s.Pause = digestEvery
	}
	s.told(now, v)
	return EventDigest, m
}

// told notes that the numbers seen are the last that were told.
func (s *said) told(now time.Time, v counts) {
	s.Told = now
	for _, k := range s.seen(v) {
		if *k.m != nil && k.count > 0 {
			(*k.m).Count = k.count
		}
	}
}

// see notes whether there is still trouble.
func (m *matter) see(now time.Time, count int) {
	switch {
	case m == nil:
	case count > 0:
		m.Clear = time.Time{}
	case m.Clear.IsZero():
		m.Clear = now
	}
}

func (m *matter) over(now time.Time) bool {
	return m != nil && !m.Clear.IsZero() && now.Sub(m.Clear) >= quietFor
}

// put adds a message for some channels; the oldest go when there are too many.
func (s *said) put(m message, channels []string, now time.Time) {
	s.Outbox = append(s.Outbox, outboxMessage{Message: m, Channels: channels, Made: now, Due: now})
	if n := len(s.Outbox) - maxOutbox; n > 0 {
		s.Outbox = s.Outbox[n:]
	}
}

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
