// Package ratelimit bounds how much callers without a valid credential may ask, by address.
package ratelimit

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/sidecard/sidecard/internal/problem"
)

const (
	// burstSeconds of a rate may come at once.
	burstSeconds = 10
	// maxAddresses is how many addresses are remembered, twice over: what is forgotten begins anew.
	maxAddresses = 8192
)

// Anonymous bounds how much one address may ask without a valid credential: a login that begins or ends, a rule with a
// wrong key, a block of a company never seen. Callers with a valid key, credential or session are never counted, since
// all companies of a helpdesk come from its few addresses. It counts for one replica, in bounded memory.
//
// This machine's own address is never limited: it is a proxy's that SIDECARD_TRUSTED_PROXIES does not name, and says
// nothing about who is behind it.
type Anonymous struct {
	perSecond float64
	mu        sync.Mutex
	young     map[netip.Prefix]*rate.Limiter
	old       map[netip.Prefix]*rate.Limiter
	now       func() time.Time
}

// New allows perSecond requests a second and address, ten seconds' worth at once. Zero is no limit.
func New(perSecond int) *Anonymous {
	return &Anonymous{perSecond: float64(perSecond), young: map[netip.Prefix]*rate.Limiter{}, now: time.Now}
}

// Allow counts one request of an address. When it has had enough, ok is false and retry says when the next one may come.
// A nil *Anonymous allows everything.
func (s *Anonymous) Allow(address string) (retry time.Duration, ok bool) {
	if s == nil || s.perSecond == 0 {
		return 0, true
	}
	ip, err := netip.ParseAddr(address)
	if err == nil && ip.Unmap().IsLoopback() {
		return 0, true
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.of(Network(ip)).ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// of finds an address's limiter. The map that is full becomes the old one, and the old one is dropped.
func (s *Anonymous) of(key netip.Prefix) *rate.Limiter {
	if l := s.young[key]; l != nil {
		return l
	}
	l := s.old[key]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(s.perSecond), int(s.perSecond)*burstSeconds)
	}
	if len(s.young) >= maxAddresses {
		s.old, s.young = s.young, map[netip.Prefix]*rate.Limiter{}
	}
	s.young[key] = l
	return l
}

// Network returns what one anonymous caller can have: an IPv4 address, or the /64 that every IPv6 host gets. What is no address is
// one caller with all its like.
func Network(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the zero value for what is no address
	return p
}

// Refuse answers an address that has had enough.
func (s *Anonymous) Refuse(c echo.Context, retry time.Duration) error {
	after := strconv.Itoa(max(1, int(math.Ceil(retry.Seconds()))))
	c.Response().Header().Set("Retry-After", after)
	return problem.Answer(c, http.StatusTooManyRequests, "Too many requests from this address; try again in "+after+" s")
}
