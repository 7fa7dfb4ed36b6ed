package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm"
)

const (
	streamLife   = 35 * time.Second
	streamBeat   = 15 * time.Second // a line now and then shows dead connections
	streamSettle = 250 * time.Millisecond
	streamRetry  = 1500            // milliseconds until the browser connects again
	streamWrite  = 5 * time.Second // for a line, which the kernel takes at once unless the browser has stopped reading
)

// stream is an open stream of a panel. It has its connection to itself: a request under way keeps some 40 KiB of buffers, head
// and stack, a thousand times over. One goroutine reads, which tells when the browser leaves; the read's deadline is the time
// of what is to be said next.
type stream struct {
	show   watched
	writer string // the panel's own writes
	words  []byte // for an agent who is typing, as JSON

	mu     sync.Mutex
	conn   net.Conn // nil until begin
	over   bool
	end    time.Time
	beat   time.Time // when the next line is due
	settle time.Time // when a burst of changes is told of; zero when there is none
}

func (l *Streams) newStream(opened session.Session, show watched) *stream {
	t := func(key string) string { return l.Catalog.T(opened.Lang, key) }
	words, err := json.Marshal(map[string]string{"text": t("live.changed"), "show": t("live.show")})
	if err != nil {
		words = []byte("{}") // of two texts: it can't be
	}
	now := time.Now()
	return &stream{show: show, writer: session.SessionPrint(opened.ID), words: words, end: now.Add(streamLife), beat: now.Add(streamBeat)}
}

// begin takes the connection over and sends the head.
func (s *stream) begin(w *echo.Response) error {
	header := w.Header()
	header.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
	header.Set("X-Accel-Buffering", "no") // nginx would hold the lines back
	header.Set("Connection", "close")     // its end is that of the stream
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	if err := header.Write(&head); err != nil {
		return errors.Join(err, conn.Close())
	}
	fmt.Fprintf(&head, "\r\nretry: %d\n%s", streamRetry, stamp("hello", []byte("{}")))
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	if err := s.send(head.String()); err != nil {
		return errors.Join(err, conn.Close())
	}
	return nil
}

// hear takes a change of the account. It is called by what reports it and does not block.
func (s *stream) hear(c crm.Change) {
	if s.show.hit(c, s.writer) {
		s.settleIn(streamSettle) // a change comes seldom alone
	}
}

// settleIn has the panel told of changes after a while, unless it is about to be.
func (s *stream) settleIn(wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settle.IsZero() {
		s.settle = time.Now().Add(wait)
		s.arm()
	}
}

// stop ends the stream soon.
func (s *stream) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	s.arm()
}

// arm sets the time at which the reading goroutine looks up. The caller holds the lock.
func (s *stream) arm() {
	if s.conn == nil {
		return
	}
	next := s.end
	for _, at := range []time.Time{s.beat, s.settle} {
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	if s.over && s.settle.IsZero() {
		next = time.Now()
	}
	_ = s.conn.SetReadDeadline(next) // of a closed connection: the read says so
}

// run sends a hint for each burst of changes until the stream's time is over, or the browser has gone.
func (s *stream) run() {
	defer s.conn.Close()
	var none [1]byte
	for {
		s.mu.Lock()
		s.arm()
		s.mu.Unlock()
		if _, err := s.conn.Read(none[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
			return // it has gone, or says something, which a browser does not
		}
		lines, over := s.due(time.Now())
		if lines != "" && s.send(lines) != nil || over {
			return
		}
	}
}

// due returns what is to be said now, and whether the stream ends.
func (s *stream) due(now time.Time) (lines string, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.settle.IsZero() && !now.Before(s.settle) {
		s.settle = time.Time{}
		lines = stamp("changed", s.words)
	}
	if !now.Before(s.beat) {
		s.beat = now.Add(streamBeat)
		lines += ": still here\n\n"
	}
	return lines, s.over && s.settle.IsZero() || !now.Before(s.end)
}

// stamp returns an event whose id is the time until which the browser knows everything.
func stamp(event string, data []byte) string {
	return "id: " + strconv.FormatInt(time.Now().UnixMilli(), 10) + "\nevent: " + event + "\ndata: " + string(data) + "\n\n"
}

func (s *stream) send(lines string) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return err
	}
	_, err := s.conn.Write([]byte(lines))
	return err
}
