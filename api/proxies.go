package api

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// ForwardedHeader is in the answers of /healthz: how the request came, one of the values below. The doctor reads it.
const ForwardedHeader = "Sidecard-Forwarded"

// Ways of a request to us.
const (
	ForwardedNone      = "none"      // from the caller himself, or by a proxy that sets no X-Forwarded-For
	ForwardedTrusted   = "trusted"   // by a proxy of SIDECARD_TRUSTED_PROXIES
	ForwardedUntrusted = "untrusted" // by another: its address counts as that of all who are behind it
)

// forwarded returns how a request came, and the address it came from.
func forwarded(r *http.Request, proxies []*net.IPNet) (way string, peer netip.Addr) {
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		peer = at.Addr().Unmap().WithZone("")
	}
	if r.Header.Get(echo.HeaderXForwardedFor) == "" {
		return ForwardedNone, peer
	}
	for _, p := range proxies {
		if p.Contains(peer.AsSlice()) {
			return ForwardedTrusted, peer
		}
	}
	return ForwardedUntrusted, peer
}

// extractor returns who a request is from.
func extractor(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(p))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// untrusted logs once that requests come through a proxy that is not trusted. A stranger can send the header of one, but not
// from inside the network.
func untrusted(proxies []*net.IPNet, log *slog.Logger) echo.MiddlewareFunc {
	var once sync.Once
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if way, peer := forwarded(c.Request(), proxies); way == ForwardedUntrusted && (peer.IsPrivate() || peer.IsLoopback()) {
				once.Do(func() {
					log.WarnContext(c.Request().Context(), "requests come through a proxy that SIDECARD_TRUSTED_PROXIES does not name: "+
						"the callers behind it are not told apart", "proxy", peer.String())
				})
			}
			return next(c)
		}
	}
}

// typedAddresses are the addresses that people type into a helpdesk, by their names in small letters.
var typedAddresses = map[string]string{"api": "/api/", "api/freecreatelead": "/api/freeCreateLead"}

// maxTypedAddress is the longest path, in bytes, that is looked at.
const maxTypedAddress = 100

// typedAddress leads a POST to such an address although it has a slash or a space too many or other capitals. It is no
// redirect, on which a sender would drop the body or give up. It runs before the router and knows the two addresses only,
// so it opens no other route, and everything that holds for the route holds for the request.
func typedAddress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		u := c.Request().URL
		if c.Request().Method == http.MethodPost && len(u.Path) <= maxTypedAddress {
			names := strings.FieldsFunc(strings.ToLower(strings.TrimSpace(u.Path)), func(r rune) bool { return r == '/' })
			if route, ok := typedAddresses[strings.Join(names, "/")]; ok && u.Path != "/api" {
				u.Path, u.RawPath = route, ""
			}
		}
		return next(c)
	}
}
