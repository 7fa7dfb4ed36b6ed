package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/sidecard/sidecard/api"
	"github.com/sidecard/sidecard/internal/store"
)

type doctorCmd struct {
	*config
	Ready  bool          `help:"Only ask the running service whether it is ready (for health checks)."`
	Within time.Duration `default:"2m" help:"Stop looking at tenants after this time; how many are left is said."`
}

// errUnwell makes the command end with a failure; what is wrong has been printed.
var errUnwell = errors.New("something needs mending, see above")

// Run checks everything that can be checked from here and says what to do.
func (cmd doctorCmd) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cmd.Within)
	defer cancel()
	if cmd.Ready {
		return cmd.askReady(ctx)
	}
	d := &doctor{out: os.Stdout, each: lookWithin}
	if err := cmd.check(); err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			d.bad("configuration", "%s", line)
		}
		return errUnwell
	}
	d.good("configuration", "complete")
	if cmd.RedisURL == "" {
		d.public(ctx, cmd.config)
		d.note("redis", "REDIS_URL is empty: the service starts one of its own in %s; nothing to check from outside", cmd.DataDir)
		return d.verdict()
	}
	db, err := store.Open(ctx, store.Options{URL: cmd.RedisURL, Ring: cmd.ring, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		d.bad("redis", "REDIS_URL can't be reached: %v", err)
		return errUnwell
	}
	defer db.Close()
	d.redis(ctx, db)
	d.clock(ctx, db)
	d.public(ctx, cmd.config)
	d.accounts(ctx, db, cmd.config)
	return d.verdict()
}

// askReady is what a container's health check runs.
func (cmd doctorCmd) askReady(ctx context.Context) error {
	host, port, err := net.SplitHostPort(cmd.Addr)
	if err != nil {
		return fmt.Errorf("SIDECARD_ADDR: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() { // it listens everywhere
		host = "127.0.0.1"
	}
	res, err := get(ctx, "http://"+net.JoinHostPort(host, port)+"/readyz")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", res.Status)
	}
	return nil
}

func get(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}

// doctor prints one line a finding. It is safe for concurrent use.
type doctor struct {
	out  io.Writer
	each time.Duration // at most, for one tenant

	mu     sync.Mutex
	unwell bool
}

const bad = "BAD"

func (d *doctor) line(mark, what, format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unwell = d.unwell || mark == bad
	fmt.Fprintf(d.out, "%-5s %-14s %s\n", mark, what, fmt.Sprintf(format, args...))
}
func (d *doctor) good(what, format string, args ...any) { d.line("ok", what, format, args...) }
func (d *doctor) note(what, format string, args ...any) { d.line("note", what, format, args...) }
func (d *doctor) bad(what, format string, args ...any) {
	d.line(bad, what, format, args...)
}

func (d *doctor) verdict() error {
	if d.unwell {
		return errUnwell
	}
	return nil
}

// redis checks that a 202 is on disk before it is sent and that nothing is dropped to make room.
func (d *doctor) redis(ctx context.Context, db *store.DB) {
	want := []struct{ name, value, why string }{
		{"appendonly", "yes", "accepted runs and logins would not survive a restart of Redis"},
		{"appendfsync", "always", "a power cut could lose the last second of accepted runs"},
		{"maxmemory-policy", "noeviction", "Redis could drop a login or a run to make room"},
	}
	for _, w := range want {
		got, err := db.ConfigGet(ctx, w.name).Result()
		switch {
		case err != nil:
			d.note("redis", "can't read %s (%v); make sure it is %s, else %s", w.name, err, w.value, w.why)
		case got[w.name] != w.value:
			d.bad("redis", "%s is %s, set it to %s (CONFIG SET %s %s and in redis.conf), else %s", w.name, got[w.name], w.value, w.name, w.value, w.why)
		default:
			d.good("redis", "%s %s", w.name, w.value)
		}
	}
}

// clockMost is how far clocks may differ: due times are told by Redis', logins' ages by ours and amoCRM's.
const clockMost = 5 * time.Second

// clock compares ours with that of Redis.
func (d *doctor) clock(ctx context.Context, db *store.DB) {
	now, err := db.Time(ctx).Result()
	if err != nil {
		d.bad("clock", "Redis does not tell its time: %v", err)
		return
	}
	d.skew("Redis", time.Since(now))
}

// skew judges how far this machine's clock is ahead of another's.
func (d *doctor) skew(whose string, by time.Duration) {
	switch by = by.Round(time.Second); {
	case by.Abs() <= clockMost:
		d.good("clock", "agrees with %s", whose)
	case by > 0:
		d.bad("clock", "this machine is %s ahead of %s; run NTP (timedatectl set-ntp true)", by, whose)
	default:
		d.bad("clock", "this machine is %s behind %s; run NTP (timedatectl set-ntp true)", -by, whose)
	}
}

// public asks the service at the address that browsers, the helpdesk and amoCRM use.
func (d *doctor) public(ctx context.Context, set *config) {
	base := set.PublicURL
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	const mend = "start the service; check DNS, certificate and the proxy in front of it, and SIDECARD_PUBLIC_URL"
	res, err := get(ctx, base+"/healthz")
	if err != nil {
		d.bad("public URL", "%s can't be reached from here (%v): %s", base, err, mend)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 100))
	if err != nil || res.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != "alive" {
		d.bad("public URL", "%s is answered by something else than this service (%s): %s", base, res.Status, mend)
		return
	}
	d.good("public URL", "%s answers", base)
	d.proxies(set, res.Header.Get(api.ForwardedHeader))
}

// proxies judges how the request to the public URL came to the service. We speak no TLS, so behind https there is a proxy.
func (d *doctor) proxies(set *config, way string) {
	named := strings.Join(set.TrustedProxies, ", ")
	const share = "so all callers behind it count as one address and share its limit (SIDECARD_RATE_PER_IP): one stranger can use it up for everybody"
	switch https := strings.HasPrefix(set.PublicURL, "https:"); {
	case way == api.ForwardedTrusted:
		d.good("proxy", "the one in front is named in SIDECARD_TRUSTED_PROXIES (%s)", named)
	case way == api.ForwardedUntrusted && named == "":
		d.bad("proxy", "there is one in front and SIDECARD_TRUSTED_PROXIES is empty, %s; set it to the proxy's network, which the service's log names", share)
	case way == api.ForwardedUntrusted:
		d.bad("proxy", "the one in front is not in SIDECARD_TRUSTED_PROXIES (%s), %s; add its network, which the service's log names", named, share)
	case way == api.ForwardedNone && https:
		d.bad("proxy", "the one in front sends no X-Forwarded-For, %s; have it set the header, and name its network in SIDECARD_TRUSTED_PROXIES", share)
	case way == api.ForwardedNone && named != "":
		d.note("proxy", "this request came without X-Forwarded-For; SIDECARD_TRUSTED_PROXIES (%s) names who is believed when it is sent", named)
	case way == api.ForwardedNone:
		d.good("proxy", "none in front; behind one, SIDECARD_TRUSTED_PROXIES has to name its network")
	default:
		d.note("proxy", "the service does not tell how requests come, as an older version; behind a proxy SIDECARD_TRUSTED_PROXIES (%q) has to name its network", named)
	}
}
