package notify

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// inbox is a server that keeps what is posted to it.
type inbox struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	got    []request
	answer []reply // used up one by one, then 200 with {"ok":true}
}

type request struct {
	path   string
	header http.Header
	body   []byte
}

type reply struct {
	status int
	body   string
}

func newInbox(t *testing.T) *inbox {
	in := &inbox{t: t}
	in.Server = httptest.NewServer(in)
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		in.t.Error(err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.got = append(in.got, request{r.URL.Path, r.Header.Clone(), body})
	if len(in.answer) > 0 {
		a := in.answer[0]
		in.answer = in.answer[1:]
		if a.status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(a.status)
		fmt.Fprint(w, a.body)
		return
	}
	fmt.Fprint(w, `{"ok":true}`)
}

func (in *inbox) will(answers ...reply) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.answer = answers
}

func (in *inbox) requests() []request {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.got
}

// messages are the bodies of the webhook's posts.
func (in *inbox) messages() []posted {
	in.t.Helper()
	var out []posted
	for _, r := range in.requests() {
		var p posted
		if err := json.Unmarshal(r.body, &p); err != nil {
			in.t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// events are what the messages are about, with their counts.
func (in *inbox) events() string {
	in.t.Helper()
	var out []string
	for _, m := range in.messages() {
		out = append(out, fmt.Sprintf("%s %d/%d", m.Event, m.Counts.Failed, m.Counts.Waiting))
	}
	return strings.Join(out, ", ")
}

// fakeSMTP speaks just enough of RFC 5321 to take letters. Recipients that begin with "gone" are refused for good, with
// "later" for now.
type fakeSMTP struct {
	addr string

	mu      sync.Mutex
	letters []string
	to      []string
	open    sync.WaitGroup
}

func newSMTP(t *testing.T) *fakeSMTP {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveSMTP(t, ln)
}

func serveSMTP(t *testing.T, ln net.Listener) *fakeSMTP {
	f := &fakeSMTP{addr: ln.Addr().String()}
	f.open.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			f.open.Go(func() { f.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		f.open.Wait()
	})
	return f
}

func (f *fakeSMTP) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(s string) { fmt.Fprint(c, s+"\r\n") }
	say("220 fake ESMTP")
	var to string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.TrimSpace(line)); {
		case strings.HasPrefix(verb, "EHLO"):
			say("250-fake\r\n250-AUTH PLAIN\r\n250 8BITMIME")
		case strings.HasPrefix(verb, "AUTH"):
			if strings.TrimSpace(line) != "AUTH PLAIN AHVzZXIAcEBzcw==" {
				say("535 wrong password")
				continue
			}
			say("235 welcome")
		case strings.HasPrefix(verb, "RCPT TO:<GONE"):
			say("550 5.1.1 no such mailbox")
		case strings.HasPrefix(verb, "RCPT TO:<LATER"):
			say("451 4.7.1 greylisted, try later")
		case strings.HasPrefix(verb, "RCPT"):
			to = strings.TrimSpace(line)
			say("250 ok")
		case verb == "DATA":
			say("354 go on")
			var letter strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				letter.WriteString(l)
			}
			f.mu.Lock()
			f.letters, f.to = append(f.letters, letter.String()), append(f.to, to)
			f.mu.Unlock()
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (f *fakeSMTP) taken() (letters, to []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.letters, f.to
}
