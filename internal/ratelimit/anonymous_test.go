package ratelimit

import (
	"fmt"
	"testing"
	"time"
)

// clocked returns a limit whose clock stands still until moved.
func clocked(perSecond int) (s *Anonymous, pass func(time.Duration)) {
	s = New(perSecond)
	now := time.Unix(1e9, 0)
	s.now = func() time.Time { return now }
	return s, func(d time.Duration) { now = now.Add(d) }
}

// spent asks until an address has had enough and returns how often it was allowed.
func spent(t *testing.T, s *Anonymous, address string) (allowed int) {
	t.Helper()
	for allowed < 1000 {
		retry, ok := s.Allow(address)
		if !ok {
			if retry <= 0 {
				t.Errorf("%s: refused, but may come again in %v", address, retry)
			}
			return allowed
		}
		allowed++
	}
	t.Fatalf("%s: never refused", address)
	return 0
}

func TestAnonymous_eachAddressHasItsOwnShare(t *testing.T) {
	s, pass := clocked(2)
	if n := spent(t, s, "203.0.113.7"); n != 2*burstSeconds {
		t.Errorf("%d at once, want %d", n, 2*burstSeconds)
	}
	for other, want := range map[string]int{"203.0.113.8": 20, "::ffff:203.0.113.7": 0, "2001:db8:1:1::1": 20, "": 20} {
		if n := spent(t, s, other); n != want {
			t.Errorf("%q: %d, want %d", other, n, want)
		}
	}
	if n := spent(t, s, "2001:db8:1:1:ffff::2"); n != 0 {
		t.Errorf("an IPv6 host takes another address of its network and gets %d more", n)
	}
	pass(3 * time.Second)
	if n := spent(t, s, "203.0.113.7"); n != 6 {
		t.Errorf("%d after three seconds, want 6", n)
	}
}

func TestAnonymous_neverLimitsThisMachineNorWhenSwitchedOff(t *testing.T) {
	limited, _ := clocked(1)
	var none *Anonymous
	for name, s := range map[string]*Anonymous{"127.0.0.1": limited, "::1": limited, "203.0.113.7": New(0), "203.0.113.8": none} {
		for range 1000 {
			if _, ok := s.Allow(name); !ok {
				t.Fatalf("%s was refused", name)
			}
		}
	}
}

func TestAnonymous_memoryIsBounded(t *testing.T) {
	s, _ := clocked(1)
	spent(t, s, "203.0.113.7")
	for i := range 5 * maxAddresses {
		s.Allow(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
		if i%1000 == 0 {
			if _, ok := s.Allow("203.0.113.7"); ok {
				t.Fatalf("after %d others an address that still asks is a new one", i)
			}
		}
	}
	if n := len(s.young) + len(s.old); n > 2*maxAddresses {
		t.Errorf("%d addresses are remembered", n)
	}
}
