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

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry/traces"
)

// config is everything a service can be told. Each field has an environment variable, listed in README with its default.
type config struct {
	Addr      string `env:"SIDECARD_ADDR" default:":8080" help:"Address to listen on."`
	PublicURL string `env:"SIDECARD_PUBLIC_URL" help:"URL under which browsers and the helpdesk reach the service."`
	RedisURL  string `env:"REDIS_URL" help:"Redis; empty starts one of its own in the data folder."`
	DataDir   string `env:"SIDECARD_DATA_DIR" default:"data" help:"Folder of the embedded Redis and its seal key."`
	SealKeys  string `env:"SIDECARD_SEAL_KEYS" help:"Keys that seal secrets at rest, newest first: id:base64,id:base64."`

	AmoClientID     string   `env:"AMO_CLIENT_ID" help:"Integration id; empty uses amoCRM's button, one integration per account."`
	AmoClientSecret string   `env:"AMO_CLIENT_SECRET" help:"Secret of that integration."`
	AmoToken        string   `env:"AMO_LONG_LIVED_TOKEN" help:"Long-lived token instead of a login, for one company."`
	AmoHost         string   `env:"AMO_BASE_HOST" help:"amoCRM account of the long-lived token."`
	DeskToken       string   `env:"USEDESK_API_TOKEN" help:"Helpdesk token of that company, as in its block."`
	ExtraAmoHosts   []string `env:"SIDECARD_EXTRA_AMO_HOSTS" help:"amoCRM hosts allowed besides *.amocrm.ru, *.amocrm.com, *.kommo.com."`

	UsedeskAPI        string   `env:"SIDECARD_USEDESK_API" default:"https://api.usedesk.ru/" help:"Usedesk API used when the block names none."`
	ExtraUsedeskHosts []string `env:"SIDECARD_EXTRA_USEDESK_HOSTS" help:"Usedesk API hosts allowed besides the clouds."`
	HelpdeskOrigins   []string `env:"SIDECARD_HELPDESK_ORIGINS" default:"https://secure.usedesk.ru,https://secure.usedesk.com" help:"Origins that may frame the panel."`

	SMTPURL            string `env:"SIDECARD_SMTP_URL" help:"Mail server of failure notices: smtp(s)://user:password@host:port; empty sends no e-mail."`
	SMTPFrom           string `env:"SIDECARD_SMTP_FROM" help:"Sender of that e-mail."`
	TelegramAPI        string `env:"SIDECARD_TELEGRAM_API" default:"https://api.telegram.org" help:"Address of Telegram's bot API."`
	NoticePrivateHosts bool   `env:"SIDECARD_NOTICE_PRIVATE_HOSTS" help:"Let webhooks of notices go into private networks and over http; for tests."`

	OpenTriggers   bool     `env:"SIDECARD_OPEN_TRIGGERS" help:"Accept rules that name only amoClientId, without a key."`
	TrustedProxies []string `env:"SIDECARD_TRUSTED_PROXIES" help:"Networks whose X-Forwarded-For is believed (CIDR)."`
	RatePerIP      int      `env:"SIDECARD_RATE_PER_IP" default:"20" help:"Requests a second and address of callers without a valid key, credential or session; 0 is no limit."`
	MetricsAddr    string   `env:"SIDECARD_METRICS_ADDR" help:"Address of /metrics for Prometheus, apart from the public one; empty serves none."`
	PprofAddr      string   `env:"SIDECARD_PPROF_ADDR" help:"Address of /debug/pprof, on loopback; empty serves none."`
	PprofAnywhere  bool     `env:"SIDECARD_PPROF_ANYWHERE" help:"Let SIDECARD_PPROF_ADDR be an address that others reach."`
	LogLevel       string   `env:"SIDECARD_LOG_LEVEL" default:"info" help:"debug, info, warn or error."`

	Traces traces.Env `embed:"" prefix:"otlp-"`
}

// settings is a checked config.
type settings struct {
	config
	amoHosts  *amocrm.Hosts
	deskHosts *usedesk.Hosts
	deskBase  string
	notices   notify.Config
	traces    traces.Config
	ring      *store.Ring
	proxies   []*net.IPNet
}

// check reports every mistake at once, each with the variable's name and what is expected.
func (c config) check() (settings, error) {
	s := settings{config: c}
	var wrong []error
	bad := func(name, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	var err error

	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		bad("SIDECARD_PUBLIC_URL", "is %q, expected the service's address as browsers see it, such as https://sidecard.example.com", c.PublicURL)
	} else {
		s.PublicURL = u.Scheme + "://" + u.Host
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		bad("SIDECARD_ADDR", "is %q, expected host:port or :port", c.Addr)
	}
	if c.MetricsAddr != "" {
		if _, _, err := net.SplitHostPort(c.MetricsAddr); err != nil {
			bad("SIDECARD_METRICS_ADDR", "is %q, expected host:port or :port", c.MetricsAddr)
		}
	}
	if c.PprofAddr != "" {
		if host, _, err := net.SplitHostPort(c.PprofAddr); err != nil {
			bad("SIDECARD_PPROF_ADDR", "is %q, expected host:port such as 127.0.0.1:6060", c.PprofAddr)
		} else if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() && !c.PprofAnywhere {
			bad("SIDECARD_PPROF_ADDR", "is %q, which others may reach; expected an address such as 127.0.0.1:6060, or SIDECARD_PPROF_ANYWHERE=true", c.PprofAddr)
		}
	}
	if s.amoHosts, err = amocrm.NewHosts(c.ExtraAmoHosts); err != nil {
		bad("SIDECARD_EXTRA_AMO_HOSTS", "%s%v", entryOf(c.ExtraAmoHosts, err), err)
	}
	if s.deskHosts, err = usedesk.NewHosts(c.ExtraUsedeskHosts); err != nil {
		bad("SIDECARD_EXTRA_USEDESK_HOSTS", "%s%v", entryOf(c.ExtraUsedeskHosts, err), err)
	} else if s.deskBase, err = s.deskHosts.Base(c.UsedeskAPI); err != nil {
		bad("SIDECARD_USEDESK_API", "%v", err)
	}
	if (c.AmoClientID == "") != (c.AmoClientSecret == "") {
		bad("AMO_CLIENT_ID", "and AMO_CLIENT_SECRET go together: set both, or neither to use amoCRM's button")
	}
	if c.AmoToken != "" || c.AmoHost != "" || c.DeskToken != "" {
		if c.AmoToken == "" || c.AmoHost == "" || c.DeskToken == "" {
			bad("AMO_LONG_LIVED_TOKEN", "AMO_BASE_HOST and USEDESK_API_TOKEN go together: set all three or none")
		} else if s.amoHosts != nil {
			if _, err := s.amoHosts.Base(c.AmoHost); err != nil {
				bad("AMO_BASE_HOST", "%v", err)
			}
		}
	}
	s.notices = notify.Config{Private: c.NoticePrivateHosts, PublicURL: s.PublicURL}
	if c.SMTPURL != "" || c.SMTPFrom != "" {
		if s.notices.Mail, err = notify.NewMail(c.SMTPURL, c.SMTPFrom); err != nil {
			bad("SIDECARD_SMTP_URL", "%v (SIDECARD_SMTP_FROM goes together with it)", err)
		}
	}
	if s.notices.Telegram, s.notices.HTTP, err = notify.TelegramHost(c.TelegramAPI); err != nil {
		bad("SIDECARD_TELEGRAM_API", "%v", err)
	}
	if s.traces, err = traces.Parse(c.Traces); err != nil {
		wrong = append(wrong, err)
	}
	for _, origin := range c.HelpdeskOrigins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || strings.ContainsAny(origin, " ;") {
			bad("SIDECARD_HELPDESK_ORIGINS", "%q is no origin, expected such as https://secure.usedesk.com", origin)
		}
	}
	for _, cidr := range c.TrustedProxies {
		if p, err := netip.ParsePrefix(cidr); err != nil {
			bad("SIDECARD_TRUSTED_PROXIES", "%q is no network, expected such as 10.0.0.0/8", cidr)
		} else {
			s.proxies = append(s.proxies, &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())})
		}
	}
	if c.RatePerIP < 0 || c.RatePerIP > 10_000 {
		bad("SIDECARD_RATE_PER_IP", "is %d, expected requests a second from 0 (no limit) to 10000", c.RatePerIP)
	}
	if !slices.Contains([]string{"", "debug", "info", "warn", "error"}, c.LogLevel) {
		bad("SIDECARD_LOG_LEVEL", "is %q, expected debug, info, warn or error", c.LogLevel)
	}
	if err := store.CheckURL(c.RedisURL); err != nil {
		bad("REDIS_URL", "%v", err)
	}
	if c.SealKeys != "" {
		if s.ring, err = store.ParseRing(c.SealKeys); err != nil {
			bad("SIDECARD_SEAL_KEYS", "%v", err)
		}
	} else if c.RedisURL != "" {
		bad("SIDECARD_SEAL_KEYS", "is empty, but replicas on one Redis must share their keys; make one with: echo k1:$(openssl rand -base64 32)")
	}
	return s, errors.Join(wrong...)
}

// entryOf says which entry of a list was refused.
func entryOf(list []string, err error) string {
	refused, ok := errors.AsType[*amocrm.HostError](err)
	if !ok {
		return ""
	}
	i := slices.IndexFunc(list, func(s string) bool { return strings.TrimSpace(s) == refused.Given })
	return fmt.Sprintf("entry %d: ", i+1)
}

// logger writes JSON to stderr; stdout belongs to the commands.
func (c config) logger() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}
