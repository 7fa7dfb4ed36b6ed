package api

import (
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/internal/ratelimit"
)

// sender is whose body a request has; nobody's when it comes from this machine, as the rate limit has it.
func sender(c echo.Context) netip.Prefix {
	ip, err := netip.ParseAddr(c.RealIP())
	if err != nil || ip.Unmap().IsLoopback() {
		return netip.Prefix{}
	}
	return ratelimit.Network(ip)
}

// logins counts everything that begins or ends a login. A login needs no key, and each one that begins is stored.
func logins(limit *ratelimit.Anonymous) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			route := c.Path()
			if strings.HasPrefix(route, "/oauth/") || strings.HasSuffix(route, "/login") || strings.HasSuffix(route, "/disconnect") {
				if retry, ok := limit.Allow(c.RealIP()); !ok {
					return limit.Refuse(c, retry)
				}
			}
			return next(c)
		}
	}
}
