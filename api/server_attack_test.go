package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/internal/route"
)

// echoing answers with the body that it has read, and counts what reaches it.
type echoing struct{ reached, cut atomic.Int32 }

func (p *echoing) Mount(r *route.Router) {
	r.Machine().POST("/echo", func(c echo.Context) error {
		p.reached.Add(1)
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			p.cut.Add(1)
			return c.String(http.StatusBadRequest, "cut off")
		}
		return c.String(http.StatusOK, "read:"+string(body))
	})
}

// listening is our server on a real socket, with its limits of time made shorter by change.
func listening(t *testing.T, routes route.Mounter, change func(*http.Server)) (address string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s := Server(New(Options{Log: log, Ready: func(context.Context) error { return nil }, Routes: route.Of("test", routes)}))
	change(s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// raw sends bytes as they are and reads all that comes until the server hangs up, in five seconds at most.
func raw(t *testing.T, address, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil && len(got) == 0 {
		t.Fatalf("%q: %v", request, err)
	}
	return string(got)
}

// One request on the wire is one request here, or none: nothing hides a second one in a first one's body.
func TestServer_refusesRequestsThatTwoReadersReadDifferently(t *testing.T) {
	t.Parallel()
	p := &echoing{}
	address := listening(t, p, func(*http.Server) {})
	const hidden = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhidden"
	for name, head := range map[string]string{
		"two lengths":              "Content-Length: 5\r\nContent-Length: 6\r\n",
		"list of lengths":          "Content-Length: 5, 6\r\n",
		"signed length":            "Content-Length: +5\r\n",
		"negative length":          "Content-Length: -5\r\n",
		"hex length":               "Content-Length: 0x5\r\n",
		"space before the colon":   "Content-Length : 5\r\n",
		"unknown transfer coding":  "Transfer-Encoding: xchunked\r\n",
		"two transfer codings":     "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
		"coding with a tab before": "Transfer-Encoding: \x0bchunked\r\n",
		"two hosts":                "Host: evil.example\r\nContent-Length: 5\r\n",
		"null in a header":         "X: a\x00b\r\nContent-Length: 5\r\n",
		"bare CR in a header":      "X: a\rContent-Length: 100\r\nContent-Length: 5\r\n",
	} {
		before := p.reached.Load()
		got := raw(t, address, "POST /echo HTTP/1.1\r\nHost: x\r\n"+head+"\r\nhello"+hidden)
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") && !strings.HasPrefix(got, "HTTP/1.1 501 ") || strings.Contains(got, "hidden") || p.reached.Load() != before {
			t.Errorf("%s: reached %d times: %q", name, p.reached.Load()-before, got)
		}
	}
	// Both a length and chunks: the chunks count, and what comes after them is a request of its own (RFC 9112 §6.3).
	got := raw(t, address, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"+hidden)
	if !strings.HasPrefix(got, "HTTP/1.1 400 ") && (!strings.Contains(got, "read:hello") || strings.Contains(got, "read:5\r\n")) {
		t.Errorf("length and chunks: %q", got)
	}
	for name, chunks := range map[string]string{"size that overflows": "ffffffffffffffffff\r\nhello\r\n0\r\n\r\n", "size that is none": "-5\r\nhello\r\n0\r\n\r\n", "no line end": "5\r\nhelloX0\r\n\r\n"} {
		got := raw(t, address, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"+chunks+hidden)
		if strings.Contains(got, "read:") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Whoever sends a byte now and then is hung up on, in the head and in the body.
func TestServer_hangsUpOnSlowSenders(t *testing.T) {
	t.Parallel()
	if s := Server(nil); s.ReadHeaderTimeout <= 0 || s.ReadHeaderTimeout > 10*time.Second || s.ReadTimeout <= 0 || s.ReadTimeout > 30*time.Second ||
		s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes > 64<<10 {
		t.Errorf("the limits of a server: %+v", s)
	}
	p := &echoing{}
	address := listening(t, p, func(s *http.Server) {
		s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout = 200*time.Millisecond, 400*time.Millisecond, 200*time.Millisecond
	})
	for name, begin := range map[string]string{
		"nothing at all": "", "half a head": "POST /echo HTTP/1.1\r\nHost: x\r\nX-Slow: ", "half a body": "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
		"half a chunk": "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf", "idle after an answer": "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(4 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(conn)
		var late net.Error
		if errors.As(err, &late) && late.Timeout() || strings.Contains(string(got), "read:") {
			t.Errorf("%s: still connected, %q", name, got)
		}
		_ = conn.Close()
	}
}

func TestServer_boundsTheHeadAndTheNameOfARequest(t *testing.T) {
	t.Parallel()
	address := listening(t, &echoing{}, func(*http.Server) {})
	got := raw(t, address, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: "+strings.Repeat("a", 64<<10)+"\r\n\r\n")
	if !strings.HasPrefix(got, "HTTP/1.1 431 ") {
		t.Errorf("a head of 64 KiB: %.80q", got)
	}
	for id, kept := range map[string]bool{"a1-b2": true, strings.Repeat("a", 65): false, `"><script>`: false, "a b": false, "": false} {
		got := raw(t, address, fmt.Sprintf("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: %s\r\n\r\n", id))
		res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if back := res.Header.Get("X-Request-Id"); back == "" || (back == id) != kept {
			t.Errorf("%q comes back as %q", id, back)
		}
	}
}

// Whoever begins many large bodies and ends none has eight mebibytes of them held; small ones go through.
func TestServer_boundsWhatIsHeldOfBodiesUnderWay(t *testing.T) {
	t.Parallel()
	p := &echoing{}
	address := listening(t, p, func(s *http.Server) { s.ReadTimeout = time.Hour })
	const begun, fit = 24, 8
	begin := "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n" + strings.Repeat("x", 1<<20-1)
	for range begun {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go func() { _, _ = io.WriteString(conn, begin) }() // a refused one may be hung up on in the middle
	}
	for late := time.Now().Add(time.Minute); p.cut.Load() < begun-fit; {
		if time.Now().After(late) {
			t.Fatalf("%d of %d large bodies refused, want %d", p.cut.Load(), begun, begun-fit)
		}
		<-time.After(time.Millisecond)
	}
	if got := raw(t, address, "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"); !strings.Contains(got, "read:hello") {
		t.Errorf("a small one meanwhile: %.100q", got)
	}
}
