package ui

import (
	"net/http"
	"strings"
)

// Policy is what a page may do beyond the strict default.
type Policy struct {
	FrameAncestors []string // origins that may frame the page; none: 'none'
	ScriptHost     string   // origin of a foreign script, "" on every page but the login button's
}

// Secure sets the security headers of a page that holds personal data.
func Secure(h http.Header, p Policy) {
	ancestors := "'none'"
	if len(p.FrameAncestors) > 0 {
		ancestors = strings.Join(p.FrameAncestors, " ")
	}
	script, style, image, connect, frames := "'self'", "'self'", "'self' data:", "'self'", ""
	if p.ScriptHost != "" { // amoCRM's button draws itself: own styles, a picture, perhaps a frame
		script += " " + p.ScriptHost
		style += " 'unsafe-inline'"
		image += " " + p.ScriptHost
		connect += " " + p.ScriptHost
		frames = "; frame-src " + p.ScriptHost
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src "+script+"; style-src "+style+"; img-src "+image+
		"; connect-src "+connect+"; form-action 'self'; frame-ancestors "+ancestors+"; base-uri 'none'"+frames)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}
