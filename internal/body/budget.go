package body

import (
	"io"
	"net/http"
	"net/netip"
	"sync"

	"github.com/labstack/echo/v4"
)

// Bodies counts what is held of the bodies of one process. The zero value is ready.
type Bodies struct {
	mu   sync.Mutex
	all  int
	each map[netip.Prefix]int
}

// Bound is middleware: reading a body fails with ErrFull while too much is held, until the requests that hold it have
// ended. of is whose body it is; what it says is nobody's counts with all others only.
func (b *Bodies) Bound(of func(echo.Context) netip.Prefix) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.Body == nil || r.Body == http.NoBody {
				return next(c)
			}
			h := &held{ReadCloser: r.Body, in: b, of: of(c)}
			defer h.leave()
			r.Body = h
			return next(c)
		}
	}
}

// held is a body with what is held of it. A request reads its body in one goroutine.
type held struct {
	io.ReadCloser
	in   *Bodies
	of   netip.Prefix
	read int
	part int // of read, that is counted
}

// Read implements io.Reader.
func (h *held) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	h.read += n
	if more := h.read - free - h.part; more > 0 {
		if !h.in.take(h.of, more) {
			return 0, ErrFull
		}
		h.part += more
	}
	return n, err
}

func (h *held) leave() {
	if h.part > 0 {
		h.in.take(h.of, -h.part)
		h.part = 0
	}
}

// take counts n bytes more, or less, of an address; false when there is no room for them.
func (b *Bodies) take(of netip.Prefix, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > 0 && (b.all+n > allMost || of.IsValid() && b.each[of]+n > addressMost) {
		return false
	}
	b.all += n
	if !of.IsValid() {
		return true
	}
	if b.each == nil {
		b.each = map[netip.Prefix]int{}
	}
	if b.each[of] += n; b.each[of] == 0 {
		delete(b.each, of)
	}
	return true
}
