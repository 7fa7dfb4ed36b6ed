package kit

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// ControlHandler returns what a control route answers, or what is wrong with the request.
type ControlHandler func(r *http.Request) (answer any, err error)

// StatusError is an error of a control route with a status of its own; any other is a 400.
type StatusError struct {
	Status int
	Text   string
}

func (e StatusError) Error() string { return e.Text }

// Control adds the routes under /_sandbox to a mux. They are for tests and demos on this machine, no part of the system
// and not counted. named adds host names to the loopback ones; it may be nil. write writes an answer as the system
// writes its JSON.
func Control(mux *http.ServeMux, named func(host string) bool, write func(http.ResponseWriter, int, any), routes map[string]ControlHandler) {
	for pattern, h := range routes {
		mux.Handle(pattern, Local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer, err := h(r)
			status := http.StatusOK
			if err != nil {
				status, answer = http.StatusBadRequest, map[string]string{"error": err.Error()}
			}
			if own, ok := errors.AsType[StatusError](err); ok {
				status = own.Status
			}
			write(w, status, answer)
		}), named))
	}
}

// Local passes a request that comes from a loopback address, names this machine as its host and comes from no page of
// another origin, which a browser on this machine would send in its person's name. The rest is answered 403 with the
// reason in JSON. named adds host names to the loopback ones; it may be nil.
func Local(h http.Handler, named func(host string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reason := refuses(r, named); reason != "" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			json.NewEncoder(w).Encode(map[string]string{"error": reason}) //nolint:errcheck // the client is gone
			return
		}
		h.ServeHTTP(w, r)
	})
}

// refuses is the reason, or empty.
func refuses(r *http.Request, named func(host string) bool) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return "control routes answer to loopback addresses only"
	}
	if !Loopback(r.Host) && (named == nil || !named(r.Host)) {
		return "control routes answer at a loopback address or localhost, not at the host " + r.Host
	}
	if foreign(r) {
		return "control routes answer to no page of another origin; ask without a browser, or type the address"
	}
	return ""
}

// foreign reports whether a page of another origin sent the request. Programs send neither header.
func foreign(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return true
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return false
	}
	u, err := url.Parse(origins[0])
	return len(origins) > 1 || err != nil || !strings.EqualFold(u.Host, r.Host)
}

// Loopback reports whether a Host header names this machine: localhost or a loopback address, with or without a port.
func Loopback(host string) bool {
	name := HostName(host)
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// HostName returns a Host header without its port.
func HostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
