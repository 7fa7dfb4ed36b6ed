package kit

import (
	"bufio"
	"context"
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
	open   context.Context // ends with Close
	end    context.CancelFunc
	sorted sync.WaitGroup
}

func listenEither(ln net.Listener, config *tls.Config) *eitherListener {
	l := &eitherListener{Listener: ln, config: config, ready: make(chan net.Conn)}
	l.open, l.end = context.WithCancel(context.Background())
	l.sorted.Go(l.acceptAll)
	return l
}

// Accept returns a *tls.Conn or a plain connection.
func (l *eitherListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.open.Done():
		return nil, net.ErrClosed
	}
}

// Close stops accepting, closes the connections that still wait and returns when their goroutines have ended.
func (l *eitherListener) Close() error {
	l.end()
	err := l.Listener.Close()
	l.sorted.Wait()
	return err
}

func (l *eitherListener) acceptAll() {
	for {
		c, err := l.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // such as too many open files, which pass
			time.Sleep(acceptPause)
		default:
			l.sorted.Go(func() { l.sort(c) })
		}
	}
}

// sort hands the connection over once its first byte has told what it speaks.
func (l *eitherListener) sort(c net.Conn) {
	defer context.AfterFunc(l.open, func() { c.Close() })() //nolint:errcheck // nobody has it yet
	begun := begunConn{c, bufio.NewReader(c)}
	if c.SetReadDeadline(time.Now().Add(firstByteWithin)) != nil {
		c.Close() //nolint:errcheck // it is gone
		return
	}
	first, err := begun.read.Peek(1)
	if err != nil || c.SetReadDeadline(time.Time{}) != nil {
		c.Close() //nolint:errcheck // it is gone, or has nothing to say
		return
	}
	var sorted net.Conn = begun
	if first[0] == handshakeByte {
		sorted = tls.Server(sorted, l.config)
	}
	select {
	case l.ready <- sorted:
	case <-l.open.Done():
		c.Close() //nolint:errcheck // the server stops
	}
}

// begunConn is a connection of which something was read.
type begunConn struct {
	net.Conn
	read *bufio.Reader
}

// Read returns what was read, then the rest.
func (c begunConn) Read(p []byte) (int, error) { return c.read.Read(p) }

// CloseWrite lets the HTTP server end its side first, as it does with a plain connection.
func (c begunConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
