package api

import (
	"net/netip"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/internal/ratelimit"
	"github.com/sidecard/sidecard/internal/route"
)

// sender returns whom the body of a request is counted against, the zero Prefix for this machine, as in the rate limit.
func sender(c echo.Context) netip.Prefix {
	ip, err := netip.ParseAddr(c.RealIP())
	if err != nil || ip.Unmap().IsLoopback() {
		return netip.Prefix{}
	}
	return ratelimit.Network(ip)
}

// before returns what stands before a route. What begins or ends a login is counted: it needs no key, and each one that begins is
// stored.
func before(r route.Route, limit *ratelimit.Anonymous) []echo.MiddlewareFunc {
	if !r.Limited {
		return nil
	}
	return []echo.MiddlewareFunc{func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if retry, ok := limit.Allow(c.RealIP()); !ok {
				return limit.Refuse(c, retry)
			}
			return next(c)
		}
	}}
}
