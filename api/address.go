package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

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
