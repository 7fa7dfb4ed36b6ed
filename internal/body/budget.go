package body

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"sync"

	"github.com/labstack/echo/v4"
)

const (
	freeBytes     = 16 << 10 // of every body: what a helpdesk sends is smaller
	maxTotal      = 8 << 20  // of what goes beyond that, in all bodies of this process
	maxPerAddress = 4 << 20  // of one address
)

// ErrFull is the error of a body that could not be read on because too much of others is held. The same request may go
// through later.
var ErrFull = errors.New("too many large bodies at once")

// Budget counts the bytes that are held of the bodies of one process. The zero value is ready.
type Budget struct {
	mu   sync.Mutex
	all  int
	each map[netip.Prefix]int
}

// Limit returns middleware that makes the reading of a body fail with ErrFull while too much is held, until the requests
// that hold it have ended. of returns the address that a body counts for; one without a valid address counts in the total
// only.
func (b *Budget) Limit(of func(echo.Context) netip.Prefix) echo.MiddlewareFunc {
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

// held is a body with the bytes that are held of it. A request reads its body in one goroutine.
type held struct {
	io.ReadCloser
	in   *Budget
	of   netip.Prefix
	read int
	part int // of read, that is counted
}

func (h *held) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	h.read += n
	if more := h.read - freeBytes - h.part; more > 0 {
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

// take counts n bytes more, or less, for an address; it reports whether there was room for them.
func (b *Budget) take(of netip.Prefix, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > 0 && (b.all+n > maxTotal || of.IsValid() && b.each[of]+n > maxPerAddress) {
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
