package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/sidecard/sidecard/blocks"
	rules "github.com/sidecard/sidecard/blocks/rules/block"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry/traces"
)

// config is everything a service can be told. Each field has an environment variable, listed in README with its default.
type config struct {
	serverConfig
	amoConfig
	deskConfig
	noticeConfig

	Blocks kong.Plugins `embed:""` // the parts of blocks
	operatorConfig
	Traces traces.Env `embed:"" prefix:"otlp-"`

	spans  traces.Config
	blocks blocks.Set
	rules  *rules.Block // one of blocks
}

// newConfig returns the configuration of a service with all blocks.
func newConfig() *config {
	c := new(config)
	c.blocks, c.rules = newBlocks(&c.deskConfig)
	for _, part := range c.blocks.Configs() {
		c.Blocks = append(c.Blocks, part)
	}
	return c
}

// check reports every mistake at once, each with the variable's name and what is expected.
func (c *config) check() error {
	var wrong []error
	parts := []blocks.Config{&c.serverConfig, &c.amoConfig, &c.deskConfig, &c.noticeConfig, &c.operatorConfig}
	for _, part := range append(parts, c.blocks.Configs()...) {
		wrong = append(wrong, part.Check()...)
	}
	var err error
	c.spans, err = traces.Parse(c.Traces)
	return errors.Join(append(wrong, err)...)
}

// mistakes are those of a part of the configuration.
type mistakes []error

func (m *mistakes) add(name, format string, args ...any) {
	*m = append(*m, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
}

// note adds a mistake that a check has found; nil is none.
func (m *mistakes) note(name string, err error) {
	if err != nil {
		m.add(name, "%v", err)
	}
}

// serverConfig is where the service is reached and where it keeps its state.
type serverConfig struct {
	Addr      string `env:"SIDECARD_ADDR" default:":8080" help:"Address to listen on."`
	PublicURL string `env:"SIDECARD_PUBLIC_URL" help:"URL under which browsers and the helpdesk reach the service."`
	RedisURL  string `env:"REDIS_URL" help:"Redis; empty starts one of its own in the data folder."`
	DataDir   string `env:"SIDECARD_DATA_DIR" default:"data" help:"Folder of the embedded Redis and its seal key."`
	SealKeys  string `env:"SIDECARD_SEAL_KEYS" help:"Keys that seal secrets at rest, newest first: id:base64,id:base64."`

	ring *store.Ring
}

// Check brings PublicURL to its one form and reads the keys.
func (c *serverConfig) Check() []error {
	var wrong mistakes
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		wrong.add("SIDECARD_PUBLIC_URL", "is %q, expected the service's address as browsers see it, such as https://sidecard.example.com", c.PublicURL)
	} else {
		c.PublicURL = u.Scheme + "://" + u.Host
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		wrong.add("SIDECARD_ADDR", "is %q, expected host:port or :port", c.Addr)
	}
	wrong.note("REDIS_URL", store.CheckURL(c.RedisURL))
	if c.SealKeys != "" {
		var err error
		c.ring, err = store.ParseRing(c.SealKeys)
		wrong.note("SIDECARD_SEAL_KEYS", err)
	} else if c.RedisURL != "" {
		wrong.add("SIDECARD_SEAL_KEYS", "is empty, but replicas on one Redis must share their keys; make one with: echo k1:$(openssl rand -base64 32)")
	}
	return wrong
}

// noticeConfig is how the service sends notices of rules in trouble.
type noticeConfig struct {
	SMTPURL            string `env:"SIDECARD_SMTP_URL" help:"Mail server of failure notices: smtp(s)://user:password@host:port; empty sends no e-mail."`
	SMTPFrom           string `env:"SIDECARD_SMTP_FROM" help:"Sender of that e-mail."`
	TelegramAPI        string `env:"SIDECARD_TELEGRAM_API" default:"https://api.telegram.org" help:"Address of Telegram's bot API."`
	NoticePrivateHosts bool   `env:"SIDECARD_NOTICE_PRIVATE_HOSTS" help:"Let webhooks of notices go into private networks and over http; for tests."`

	notices notify.Config
}

// Check makes the ways on which notices go.
func (c *noticeConfig) Check() []error {
	var wrong mistakes
	var err error
	c.notices.Private = c.NoticePrivateHosts
	if c.SMTPURL != "" || c.SMTPFrom != "" {
		if c.notices.Mail, err = notify.NewMail(c.SMTPURL, c.SMTPFrom); err != nil {
			wrong.add("SIDECARD_SMTP_URL", "%v (SIDECARD_SMTP_FROM goes together with it)", err)
		}
	}
	c.notices.Telegram, c.notices.HTTP, err = notify.TelegramHost(c.TelegramAPI)
	wrong.note("SIDECARD_TELEGRAM_API", err)
	return wrong
}

// operatorConfig is what protects the service and what it tells its operator.
type operatorConfig struct {
	TrustedProxies []string `env:"SIDECARD_TRUSTED_PROXIES" help:"Networks whose X-Forwarded-For is believed (CIDR)."`
	RatePerIP      int      `env:"SIDECARD_RATE_PER_IP" default:"20" help:"Requests a second and address of callers without a valid key, credential or session; 0 is no limit."`
	MetricsAddr    string   `env:"SIDECARD_METRICS_ADDR" help:"Address of /metrics for Prometheus, apart from the public one; empty serves none."`
	PprofAddr      string   `env:"SIDECARD_PPROF_ADDR" help:"Address of /debug/pprof, on loopback; empty serves none."`
	PprofAnywhere  bool     `env:"SIDECARD_PPROF_ANYWHERE" help:"Let SIDECARD_PPROF_ADDR be an address that others reach."`
	LogLevel       string   `env:"SIDECARD_LOG_LEVEL" default:"info" help:"debug, info, warn or error."`

	proxies []*net.IPNet
}

// Check reads the proxies' networks.
func (c *operatorConfig) Check() []error {
	var wrong mistakes
	for _, cidr := range c.TrustedProxies {
		if p, err := netip.ParsePrefix(cidr); err != nil {
			wrong.add("SIDECARD_TRUSTED_PROXIES", "%q is no network, expected such as 10.0.0.0/8", cidr)
		} else {
			c.proxies = append(c.proxies, &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())})
		}
	}
	if c.RatePerIP < 0 || c.RatePerIP > 10_000 {
		wrong.add("SIDECARD_RATE_PER_IP", "is %d, expected requests a second from 0 (no limit) to 10000", c.RatePerIP)
	}
	if c.MetricsAddr != "" {
		if _, _, err := net.SplitHostPort(c.MetricsAddr); err != nil {
			wrong.add("SIDECARD_METRICS_ADDR", "is %q, expected host:port or :port", c.MetricsAddr)
		}
	}
	if c.PprofAddr != "" {
		if host, _, err := net.SplitHostPort(c.PprofAddr); err != nil {
			wrong.add("SIDECARD_PPROF_ADDR", "is %q, expected host:port such as 127.0.0.1:6060", c.PprofAddr)
		} else if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() && !c.PprofAnywhere {
			wrong.add("SIDECARD_PPROF_ADDR", "is %q, which others may reach; expected an address such as 127.0.0.1:6060, or SIDECARD_PPROF_ANYWHERE=true", c.PprofAddr)
		}
	}
	if !slices.Contains([]string{"", "debug", "info", "warn", "error"}, c.LogLevel) {
		wrong.add("SIDECARD_LOG_LEVEL", "is %q, expected debug, info, warn or error", c.LogLevel)
	}
	return wrong
}

// logger writes JSON to stderr; stdout belongs to the commands.
func (c *operatorConfig) logger() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}
