package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// profiled is how long a profile takes; the load goes on a little longer.
const profiled = 10 * time.Second

// BenchmarkProfile tells what the two requests that agents wait for spend their time on: a figure for each owner of code that
// has a part of at least one in a hundred. The profiles are kept in the folder PROFILES, when that is set, for go tool pprof.
// It belongs to `make profile`.
func BenchmarkProfile(b *testing.B) {
	for range b.N {
		w := rig.New(b, 1, "SIDECARD_LOG_LEVEL=warn")
		w.Processes[0].Stop(b)
		l := newLoad(b, w, newCrowd(b, w))
		l.guests = l.c.seed(b, w.Redis, nil, 1)
		addr := rig.FreeAddr(b)
		l.serve(1, "SIDECARD_PPROF_ADDR="+addr)
		panel, err := l.open(0)
		if err == nil {
			err = l.read(panel)
		}
		if err != nil {
			b.Fatal(err)
		}
		for _, path := range []struct {
			name string
			do   func() error
		}{
			{"block", func() error { _, err := l.open(0); return err }},
			{"panel", func() error { return l.read(panel) }},
		} {
			l.profile(path.name, addr, path.do)
		}
	}
}

// profile repeats a request, some at a time, while a profile is taken, and prints whose code ran.
func (l *load) profile(name, addr string, do func() error) {
	l.b.Helper()
	taken := make(chan []byte, 1)
	go func() {
		defer close(taken)
		res, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", addr, int(profiled.Seconds())))
		if err != nil {
			l.b.Error(err)
			return
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			l.b.Errorf("profile: %d %.200s %v", res.StatusCode, raw, err)
		}
		taken <- raw
	}()
	var raw []byte
	for raw == nil {
		l.side(100, func(int) error { return do() })
		select {
		case raw = <-taken:
			if raw == nil {
				l.b.FailNow()
			}
		default:
		}
	}
	file := filepath.Join(cmp.Or(os.Getenv("PROFILES"), l.b.TempDir()), name+".pb.gz")
	if err := os.WriteFile(file, raw, 0o644); err != nil {
		l.b.Fatal(err)
	}
	said, err := exec.Command("go", "tool", "pprof", "-traces", "-unit=ms", file).Output()
	if err != nil {
		l.b.Fatalf("go tool pprof: %v", err)
	}
	parts := owners(said)
	for _, owner := range slices.SortedFunc(maps.Keys(parts), func(a, b string) int { return cmp.Compare(parts[b], parts[a]) }) {
		if parts[owner] >= 1 {
			figure("profile_"+name+"_"+owner, parts[owner], "%")
		}
	}
}

// owners gives each owner of code its part of the time in percent, from what `go tool pprof -traces` prints. What Go's runtime
// does inside a call (memory, system calls, locks) counts for the caller; what it does by itself (garbage, scheduling) for it.
func owners(traces []byte) map[string]float64 {
	parts, sum := map[string]float64{}, 0.0
	var took float64
	owner := ""
	end := func() {
		if took > 0 {
			parts[cmp.Or(owner, "runtime")] += took
			sum += took
		}
		took, owner = 0, ""
	}
	for lines := bufio.NewScanner(bytes.NewReader(traces)); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "-----") {
			end()
			continue
		}
		frame := strings.TrimSpace(line)
		if value, rest, ok := strings.Cut(frame, "ms "); ok && took == 0 {
			if _, err := fmt.Sscanf(value, "%g", &took); err != nil {
				continue // a line of the head
			}
			frame = strings.TrimSpace(rest)
		}
		if owner == "" && took > 0 {
			owner = ownerOf(frame)
		}
	}
	end()
	for o := range parts {
		parts[o] *= 100 / sum
	}
	return parts
}

// known are owners by the beginning of their functions' names; the first that fits counts.
var known = []struct{ prefix, owner string }{
	{"github.com/sidecard/sidecard/", "sidecard"}, {"github.com/redis/go-redis/", "redis"}, {"encoding/json", "json"},
	{"github.com/labstack/", "echo"}, {"github.com/nicksnyder/", "i18n"}, {"html/template", "template"}, {"text/template", "template"},
	{"crypto/", "crypto"}, {"net/http", "http"}, {"log/slog", "log"}, {"main.", "sidecard"}, {"github.com/", "libraries"}, {"golang.org/", "libraries"},
}

func ownerOf(function string) string {
	for _, k := range known {
		if strings.HasPrefix(function, k.prefix) {
			return k.owner
		}
	}
	return "" // assembly, or another package of the standard library: whoever called it
}
