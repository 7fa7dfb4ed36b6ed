// Package rig starts the whole program for tests and benchmarks: the real binary on free ports, a real redis-server, the
// local amoCRM and Usedesk. It imports nothing of ours and speaks only HTTP.
package rig

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Binary is the program under test, built by Main: as it is shipped, or with the race detector when the tests have it.
var Binary string

// Main builds the program, runs a package's tests and returns the exit code. A missing program ends it with a failure:
// these suites are never skipped.
func Main(m *testing.M, programs ...string) int {
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			fmt.Fprintf(os.Stderr, "%s is not on PATH; `make test` installs it or says how\n", program)
			return 1
		}
	}
	dir, err := os.MkdirTemp("", "sidecard-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	Binary = filepath.Join(dir, "sidecard")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", Binary, "../cmd/sidecard")
	build.Env = append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0")
	if tests, ok := debug.ReadBuildInfo(); ok && slices.Contains(tests.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		build.Env = append(os.Environ(), "GOFLAGS=-race")
	}
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// Output collects what a process prints; safe for use while it runs.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Process is a started program.
type Process struct {
	cmd     *exec.Cmd
	Out     *Output
	done    chan struct{}
	secrets func() map[string]string // which its output must not hold, by name
}

// Start runs a program and ends it with the test. Its output is shown when the test fails; a secret in it is a failure.
func Start(t testing.TB, env []string, name string, args ...string) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(name, args...), Out: &Output{}, done: make(chan struct{}),
		secrets: func() map[string]string { return nil }}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.Out, p.Out
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		known := p.secrets()
		p.Stop(t)
		for _, leak := range Leaks(p.Out.String(), known) {
			t.Errorf("%s %s has printed %s", filepath.Base(name), strings.Join(args, " "), leak)
		}
		if strings.Contains(p.Out.String(), "DATA RACE") {
			t.Errorf("data race in %s %s:\n%s", filepath.Base(name), strings.Join(args, " "), p.Out)
		} else if t.Failed() {
			t.Logf("output of %s %s:\n%s", filepath.Base(name), strings.Join(args, " "), tail(p.Out.String(), 6000))
		}
	})
	return p
}

// PID is the process' id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop ends the process politely and insists after a minute, which is an error of its own: a program that takes at most ten
// seconds by its own clock may take longer on a machine that has no time for it.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		p.Kill()
		t.Errorf("%s did not stop within a minute", filepath.Base(p.cmd.Path))
	}
}

// Signal sends a signal to the process, as kill does.
func (p *Process) Signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the process as kill -9 does.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// port counts up from a random start below the range that the system takes for outgoing connections, so that a port that is
// free now stays free until its server starts.
var port atomic.Int32

func init() { port.Store(10000 + rand.Int32N(15000)) }

// FreeAddr returns a loopback address that nobody listens on.
func FreeAddr(t testing.TB) string {
	t.Helper()
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", port.Add(1))
		if l, err := net.Listen("tcp", addr); err == nil {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

// Eventually polls until the condition holds; what says what was waited for.
func Eventually(t testing.TB, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what)
		}
		<-time.After(25 * time.Millisecond)
	}
}

// Answers tells whether a URL answers 200.
func Answers(url string) bool {
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Get(url)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode == http.StatusOK
}

// StartRedis runs a real redis-server the way the README wants it, with its files in dir, and returns its URL.
func StartRedis(t testing.TB, dir string) (string, *Process) {
	t.Helper()
	return StartRedisAt(t, dir, FreeAddr(t))
}

// StartRedisAt is StartRedis at an address of one's own, where a Redis that was killed comes back, with further arguments.
func StartRedisAt(t testing.TB, dir, addr string, args ...string) (string, *Process) {
	t.Helper()
	host, port, _ := net.SplitHostPort(addr)
	p := Start(t, nil, "redis-server", append([]string{"--bind", host, "--port", port, "--dir", dir,
		"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--save", ""}, args...)...)
	Eventually(t, time.Minute, "redis-server accepts connections", func() bool {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), time.Second)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	return "redis://" + net.JoinHostPort(host, port) + "/0", p
}
