package session

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A replica whose clock is wrong neither ends a session or a form early nor keeps it: their lives are Redis' affair.
func TestClock_sessionsAndFormsEndByRedisClock(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]time.Duration{"Redis is ahead": 10 * time.Minute, "Redis is behind": -10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, mr := sessions(t)
			now := time.Now().Add(off)
			mr.ClockTTL(true)
			mr.SetTime(now)
			pass := func(d time.Duration) { now = now.Add(d); mr.SetTime(now) }
			made, err := s.Create(t.Context(), sample())
			if err != nil {
				t.Fatal(err)
			}
			token := strings.Repeat("t", 22)
			once, _, err := s.Begin(t.Context(), made, token)
			if err != nil || once == nil {
				t.Fatalf("%v %v", once, err)
			}
			if err := once.Done(t.Context(), "deal 5"); err != nil {
				t.Fatal(err)
			}
			pass(SessionLife - time.Minute)
			if once, result, err := s.Begin(t.Context(), made, token); err != nil || once != nil || result != "deal 5" {
				t.Errorf("the form sent again: %v %q %v", once, result, err)
			}
			if _, err := s.Get(t.Context(), made.ID); err != nil {
				t.Errorf("within its life: %v", err)
			}
			pass(SessionLife + time.Minute)
			if _, err := s.Get(t.Context(), made.ID); !errors.Is(err, ErrExpired) {
				t.Errorf("after its life: %v", err)
			}
			if left := mr.Keys(); len(left) != 0 {
				t.Errorf("left of it: %v", left)
			}
		})
	}
}
