package api

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

const (
	// burstSeconds of a rate may come at once.
	burstSeconds = 10
	// strangersMost is how many addresses are remembered, twice over: what is forgotten begins anew.
	strangersMost = 8192
)

// Strangers bounds how much one address may ask while nobody vouches for it: a login that begins or ends, a rule with a
// wrong key, a block of a company never seen. Callers with a valid key, credential or session are never counted, since
// all companies of a helpdesk come from its few addresses. It counts for one replica, in bounded memory.
//
// This machine's own address is never limited: it is a proxy's that SIDECARD_TRUSTED_PROXIES does not name, and says
// nothing about who is behind it.
type Strangers struct {
	perSecond float64
	mu        sync.Mutex
	young     map[netip.Prefix]*rate.Limiter
	old       map[netip.Prefix]*rate.Limiter
	now       func() time.Time
}

// NewStrangers allows perSecond requests a second and address, ten seconds' worth at once. Zero is no limit.
func NewStrangers(perSecond int) *Strangers {
	return &Strangers{perSecond: float64(perSecond), young: map[netip.Prefix]*rate.Limiter{}, now: time.Now}
}

// Allow counts one request of an address. When it has had enough, ok is false and retry says when the next one may come.
// A nil *Strangers allows everything.
func (s *Strangers) Allow(address string) (retry time.Duration, ok bool) {
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
	r := s.of(network(ip)).ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// of finds an address's limiter. The map that is full becomes the old one, and the old one is dropped.
func (s *Strangers) of(key netip.Prefix) *rate.Limiter {
	if l := s.young[key]; l != nil {
		return l
	}
	l := s.old[key]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(s.perSecond), int(s.perSecond)*burstSeconds)
	}
	if len(s.young) >= strangersMost {
		s.old, s.young = s.young, map[netip.Prefix]*rate.Limiter{}
	}
	s.young[key] = l
	return l
}

// network is what one stranger can have: an IPv4 address, or the /64 that every IPv6 host gets. What is no address is one
// stranger with all its like.
func network(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// sender is whose body a request has; nobody's when it comes from this machine, as Strangers has it.
func sender(c echo.Context) netip.Prefix {
	ip, err := netip.ParseAddr(c.RealIP())
	if err != nil || ip.Unmap().IsLoopback() {
		return netip.Prefix{}
	}
	return network(ip)
}

// refuse answers an address that has had enough.
func (s *Strangers) refuse(c echo.Context, retry time.Duration) error {
	after := strconv.Itoa(max(1, int(math.Ceil(retry.Seconds()))))
	c.Response().Header().Set("Retry-After", after)
	return Problem(c, http.StatusTooManyRequests, "Too many requests from this address; try again in "+after+" s")
}

// logins counts everything that begins or ends a login. A login needs no key, and each one that begins is stored.
func (s *Strangers) logins(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		route := c.Path()
		if strings.HasPrefix(route, "/oauth/") || strings.HasSuffix(route, "/login") || strings.HasSuffix(route, "/disconnect") {
			if retry, ok := s.Allow(c.RealIP()); !ok {
				return s.refuse(c, retry)
			}
		}
		return next(c)
	}
}
