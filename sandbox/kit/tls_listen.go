package kit

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// firstByteWithin bounds the wait for what a new connection speaks.
const firstByteWithin = 10 * time.Second

// acceptPause keeps a failing Accept from running in circles.
const acceptPause = 50 * time.Millisecond

// handshakeByte begins every TLS connection: the type of a handshake record. No HTTP method begins with it.
const handshakeByte = 0x16

// eitherListener takes https and http at one address: clients that know nothing but https find the accounts under the
// same hosts as all others. Close ends what it has not handed over yet.
type eitherListener struct {
	net.Listener
	config *tls.Config
	ready  chan net.Conn
	ended  chan struct{} // closed when nothing is accepted any more; err is set then
	err    error
	sorted sync.WaitGroup

	mu      sync.Mutex
	waiting map[net.Conn]bool // nil once closed
}

func listenEither(ln net.Listener, config *tls.Config) *eitherListener {
	l := &eitherListener{Listener: ln, config: config, ready: make(chan net.Conn), ended: make(chan struct{}), waiting: map[net.Conn]bool{}}
	l.sorted.Go(l.acceptAll)
	return l
}

// Accept returns a *tls.Conn or a plain connection.
func (l *eitherListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.ended:
		return nil, l.err
	}
}

// Close stops accepting, closes the connections that still wait and returns when their goroutines have ended.
func (l *eitherListener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	for c := range l.waiting {
		c.Close() //nolint:errcheck // nobody has it yet
	}
	l.waiting = nil
	l.mu.Unlock()
	l.sorted.Wait()
	return err
}

func (l *eitherListener) acceptAll() {
	defer close(l.ended)
	for {
		c, err := l.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			l.err = err
			return
		case err != nil: // such as too many open files, which pass
			time.Sleep(acceptPause)
			continue
		}
		l.mu.Lock()
		open := l.waiting != nil
		if open {
			l.waiting[c] = true
		}
		l.mu.Unlock()
		if !open {
			c.Close() //nolint:errcheck // nobody has it yet
			continue
		}
		l.sorted.Go(func() { l.sort(c) })
	}
}

// sort hands the connection over once its first byte has told what it speaks.
func (l *eitherListener) sort(c net.Conn) {
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.waiting, c)
	}()
	first := make([]byte, 1)
	if c.SetReadDeadline(time.Now().Add(firstByteWithin)) != nil {
		c.Close() //nolint:errcheck // it is gone
		return
	}
	if n, err := c.Read(first); n == 0 || err != nil || c.SetReadDeadline(time.Time{}) != nil {
		c.Close() //nolint:errcheck // it is gone, or has nothing to say
		return
	}
	var sorted net.Conn = &begunConn{Conn: c, first: first}
	if first[0] == handshakeByte {
		sorted = tls.Server(sorted, l.config)
	}
	select {
	case l.ready <- sorted:
	case <-l.ended:
		c.Close() //nolint:errcheck // the server stops
	}
}

// begunConn is a connection of which something was read.
type begunConn struct {
	net.Conn
	first []byte
}

// Read returns what was read, then the rest.
func (c *begunConn) Read(p []byte) (int, error) {
	if len(c.first) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.first)
	c.first = c.first[n:]
	return n, nil
}

// CloseWrite lets the HTTP server end its side first, as it does with a plain connection.
func (c *begunConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
