package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/internal/store"
)

func TestDoctor_clockThatDiffersFromRedis(t *testing.T) {
	server := miniredis.RunT(t)
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + server.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for ahead, want := range map[time.Duration]string{
		0: "agrees with Redis", time.Hour: "1h0m0s behind Redis; run NTP", -time.Minute: "1m0s ahead of Redis; run NTP",
	} {
		server.SetTime(time.Now().Add(ahead))
		var out strings.Builder
		d := &doctor{out: &out}
		d.clock(t.Context(), db)
		if d.unwell != (ahead != 0) || !strings.Contains(out.String(), want) {
			t.Errorf("Redis %s ahead: %s", ahead, &out)
		}
	}
}

func TestDoctor_clockThatDiffersFromAmoCRM(t *testing.T) {
	var ahead time.Duration
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
	}))
	t.Cleanup(server.Close)
	for ahead = range map[time.Duration]bool{0: true, time.Hour: true, -time.Minute: true} {
		clock := &dated{}
		if _, told := clock.skew(); told {
			t.Error("told a time before any answer")
		}
		res, err := (&http.Client{Transport: clock}).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		by, told := clock.skew()
		if off := (by + ahead).Abs(); !told || off > 3*time.Second {
			t.Errorf("amoCRM %s ahead: %s, %v", ahead, by, told)
		}
	}
}

func TestDoctor_readyIsAskedWhereTheServiceListens(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	ln, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("this machine has one loopback address only: ", err)
	}
	server.Listener = ln
	server.Start()
	t.Cleanup(server.Close)
	if err := (doctorCmd{config: &config{serverConfig: serverConfig{Addr: ln.Addr().String()}}}).askReady(t.Context()); err != nil {
		t.Error(err)
	}
	all, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	everywhere := &http.Server{Handler: server.Config.Handler}
	go func() { _ = everywhere.Serve(all) }()
	t.Cleanup(func() { _ = everywhere.Close() })
	_, port, _ := net.SplitHostPort(all.Addr().String())
	for _, host := range []string{"", "0.0.0.0", "[::]"} {
		if err := (doctorCmd{config: &config{serverConfig: serverConfig{Addr: host + ":" + port}}}).askReady(t.Context()); err != nil {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// silentAs hangs until the doctor gives up, as an account does that does not answer.
func silentAs(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestDoctor_looksAtManyTenants(t *testing.T) {
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprintf("tenant%d", i)
	}
	for name, c := range map[string]struct {
		each    time.Duration
		within  time.Duration
		look    func(ctx context.Context, id string) error
		unwell  bool
		says    []string
		saysNot string
	}{
		"all well": {time.Minute, time.Minute, func(context.Context, string) error { return nil }, false, nil, "BAD"},
		"one does not answer": {10 * time.Millisecond, time.Minute, func(ctx context.Context, id string) error {
			if id != "tenant7" {
				return nil
			}
			return silentAs(ctx)
		}, true, []string{"tenant tenant7: amoCRM does not answer"}, "not looked at"},
		"none answers and the time is over": {time.Minute, 10 * time.Millisecond, func(ctx context.Context, _ string) error { return silentAs(ctx) },
			true, []string{"1000 of 1000 were not looked at", "--within"}, "does not answer"},
		"Redis is gone": {time.Minute, time.Minute, func(context.Context, string) error { return errors.New("redis is gone") },
			true, []string{"redis is gone", "were not looked at"}, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			d := &doctor{out: &out, each: c.each}
			ctx, cancel := context.WithTimeout(t.Context(), c.within)
			defer cancel()
			d.everybody(ctx, slices.Clone(many), c.look)
			if (d.verdict() != nil) != c.unwell {
				t.Errorf("unwell: %v", d.unwell)
			}
			for _, want := range c.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("not said %q:\n%s", want, &out)
				}
			}
			if strings.Contains(out.String(), c.saysNot) {
				t.Errorf("said %q:\n%s", c.saysNot, &out)
			}
		})
	}
}

// What hangs takes one place: the others are looked at meanwhile, and never more than a few at once.
func TestDoctor_tenantsThatHangHoldNobodyUp(t *testing.T) {
	var seen, atOnce, most atomic.Int64
	others := make(chan struct{})
	ids := []string{"hangs"}
	for i := range 200 {
		ids = append(ids, fmt.Sprint(i))
	}
	d := &doctor{out: io.Discard, each: time.Minute}
	d.everybody(t.Context(), ids, func(ctx context.Context, id string) error {
		now := atOnce.Add(1)
		defer atOnce.Add(-1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		if id != "hangs" {
			if seen.Add(1) == 200 {
				close(others)
			}
			return nil
		}
		select {
		case <-others:
		case <-time.After(30 * time.Second):
			t.Error("the others wait for the one that hangs")
		}
		return nil
	})
	if d.unwell || most.Load() > looksAtOnce {
		t.Errorf("unwell: %v, %d at once", d.unwell, most.Load())
	}
}

func TestDoctor_proxyInFrontThatIsNotTrusted(t *testing.T) {
	for name, c := range map[string]struct {
		public, way string
		trusted     []string
		unwell      bool
		says        string
	}{
		"trusted":              {"https://x.example", "trusted", []string{"10.0.0.0/8"}, false, "named in SIDECARD_TRUSTED_PROXIES (10.0.0.0/8)"},
		"nobody is trusted":    {"https://x.example", "untrusted", nil, true, "SIDECARD_TRUSTED_PROXIES is empty"},
		"another is trusted":   {"http://x.example", "untrusted", []string{"10.0.0.0/8", "fd00::/8"}, true, "not in SIDECARD_TRUSTED_PROXIES (10.0.0.0/8, fd00::/8)"},
		"sends no header":      {"https://x.example", "none", []string{"10.0.0.0/8"}, true, "sends no X-Forwarded-For"},
		"none":                 {"http://x.example", "none", nil, false, "none in front"},
		"none, one is trusted": {"http://x.example", "none", []string{"10.0.0.0/8"}, false, "came without X-Forwarded-For"},
		"an older service":     {"https://x.example", "", nil, false, "does not tell"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			d := &doctor{out: &out}
			d.proxies(&config{serverConfig: serverConfig{PublicURL: c.public}, operatorConfig: operatorConfig{TrustedProxies: c.trusted}}, c.way)
			if d.unwell != c.unwell || !strings.Contains(out.String(), c.says) {
				t.Errorf("%s", &out)
			}
		})
	}
}
