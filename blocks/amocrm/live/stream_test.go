package live

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
)

// A request that stays under way keeps some 40 KiB; a stream must not.
func TestStream_takesLittleMemory(t *testing.T) {
	const streams = 300
	const each = 12 << 10 // bytes, with both ends of its connection
	w, _, base, _ := liveFixture(t)
	addr := strings.TrimPrefix(base[:strings.Index(base, "/blocks/")], "http://")
	open := func() {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		path := w.session(i18n.EN, helpdesk.Ticket{ID: 101})
		if _, err := fmt.Fprintf(conn, "GET %s/changes?deals=12 HTTP/1.1\r\nHost: %s\r\n\r\n", path, addr); err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 0, 2<<10)
		for !strings.Contains(string(head), "event: hello") {
			n, err := conn.Read(head[len(head):cap(head)])
			if err != nil {
				t.Fatalf("%v after %q", err, head)
			}
			head = head[:len(head)+n]
		}
	}
	open() // what the first one makes for all
	before := inUse()
	for range streams {
		open()
	}
	if got := (inUse() - before) / streams; got > each {
		t.Errorf("a stream takes %d bytes, want %d at most", got, each)
	}
}

func inUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools let go at the second one
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

// The stream is written without net/http: any client must be able to read it, and see its end.
func TestStream_isAnAnswerThatEndsWithItsConnection(t *testing.T) {
	w, _, base, _ := liveFixture(t)
	res, err := http.Get(base + "/changes?deals=12")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" || !res.Close ||
		res.Header.Get("Date") == "" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s, %v", res.Status, res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	if !until(lines, "event: hello") {
		t.Fatal("no greeting")
	}
	w.h.End()
	if rest, err := io.ReadAll(res.Body); err != nil {
		t.Errorf("after %q: %v", rest, err)
	}
}

func TestStream_saysNowAndThenThatItIsThere(t *testing.T) {
	w := newFixture(t)
	s := w.h.newStream(session.Session{ID: "x"}, watched{deals: []int64{12}})
	began := time.Now()
	for after, want := range map[time.Duration]string{0: "", streamBeat + time.Second: ": still here\n\n"} {
		if lines, over := s.due(began.Add(after)); lines != want || over {
			t.Errorf("after %s: %q, over %v", after, lines, over)
		}
	}
	if _, over := s.due(began.Add(streamLife + time.Second)); !over {
		t.Error("it goes on for ever")
	}
}
