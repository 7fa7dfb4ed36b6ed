package main

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel"

	"github.com/sidecard/sidecard/internal/telemetry/traces"
)

func good() *config {
	c := newConfig()
	c.Addr, c.PublicURL, c.UsedeskAPI, c.HelpdeskOrigins = ":8080", "https://sidecard.example.com/", "https://api.usedesk.ru/", []string{"https://secure.usedesk.com"}
	return c
}

func TestConfig_goodOnePasses(t *testing.T) {
	c := good()
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	if c.PublicURL != "https://sidecard.example.com" {
		t.Errorf("public URL %q, want it without its slash", c.PublicURL)
	}
}

func TestConfig_everyMistakeAtOnceByName(t *testing.T) {
	c := good()
	c.Addr, c.PublicURL, c.UsedeskAPI = "8080", "sidecard.example.com", "https://evil.example.com/"
	c.SealKeys, c.ExtraAmoHosts = "short", []string{"http://user@host/path"}
	c.AmoClientID, c.AmoToken = "id without secret", "token without account"
	c.SMTPURL, c.TelegramAPI = "smtp://user:pass-word@", "api.telegram.org/x"
	c.MetricsAddr, c.PprofAddr = "9090", ":6060"
	c.HelpdeskOrigins, c.TrustedProxies = []string{"secure.usedesk.com; script-src *"}, []string{"10.0.0.0"}
	c.RatePerIP, c.LogLevel, c.RedisURL = -1, "loud", "redis://user:pass-word@host:port/0"
	c.Traces = traces.Env{Endpoint: "collector:4318", Headers: "api-key", Protocol: "grpc"}
	err := c.check()
	if err == nil {
		t.Fatal("a config full of mistakes passed")
	}
	for _, name := range []string{
		"SIDECARD_ADDR", "SIDECARD_PUBLIC_URL", "SIDECARD_USEDESK_API", "SIDECARD_SEAL_KEYS", "SIDECARD_EXTRA_AMO_HOSTS",
		"AMO_CLIENT_ID", "AMO_LONG_LIVED_TOKEN", "SIDECARD_HELPDESK_ORIGINS", "SIDECARD_TRUSTED_PROXIES", "SIDECARD_SMTP_URL",
		"SIDECARD_TELEGRAM_API", "SIDECARD_RATE_PER_IP", "SIDECARD_LOG_LEVEL", "REDIS_URL", "SIDECARD_METRICS_ADDR", "SIDECARD_PPROF_ADDR",
		"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_PROTOCOL",
	} {
		if !strings.Contains(err.Error(), name+":") && !strings.Contains(err.Error(), name+" ") {
			t.Errorf("%s is not named in:\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), "pass-word") {
		t.Errorf("a password is repeated:\n%v", err)
	}
}

func TestConfig_mailNeedsItsSenderAndShowsNoPassword(t *testing.T) {
	c := good()
	c.SMTPURL = "smtp://user:pass-word@mail.example.com:587"
	err := c.check()
	if err == nil || !strings.Contains(err.Error(), "SIDECARD_SMTP_FROM") || strings.Contains(err.Error(), "pass-word") {
		t.Errorf("got %v, want a complaint about the sender without the password", err)
	}
	c.SMTPFrom = "Sidecard <sidecard@example.com>"
	if err := c.check(); err != nil || c.notices.Mail == nil {
		t.Errorf("a good mail server: %v", err)
	}
}

func TestConfig_sharedRedisNeedsSharedKeys(t *testing.T) {
	c := good()
	c.RedisURL = "redis://127.0.0.1:6379/0"
	if err := c.check(); err == nil || !strings.Contains(err.Error(), "SIDECARD_SEAL_KEYS") {
		t.Errorf("got %v, want a complaint about SIDECARD_SEAL_KEYS", err)
	}
}

func TestConfig_profilesStayOnThisMachineUnlessSaidOtherwise(t *testing.T) {
	for addr, ok := range map[string]bool{"127.0.0.1:6060": true, "[::1]:6060": true, "localhost:6060": true, ":6060": false,
		"0.0.0.0:6060": false, "10.0.0.1:6060": false, "example.com:6060": false} {
		c := good()
		c.PprofAddr = addr
		if err := c.check(); (err == nil) != ok {
			t.Errorf("%s: %v", addr, err)
		}
		c.PprofAnywhere = true
		if err := c.check(); err != nil {
			t.Errorf("%s, anywhere: %v", addr, err)
		}
	}
}

func TestSplitPorts(t *testing.T) {
	for in, ok := range map[string]bool{"8080,8081,8082": true, " 1, 2 ,3": true, "0,0,0": true, "8080": false, "a,b,c": false, "1,2,65536": false, "": false} {
		if _, err := splitPorts(in); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// Without an endpoint, whatever else is set, no span is recorded, and there is nobody to send anything: OpenTelemetry's own
// default would be localhost.
func TestTraces_unsetIsNothing(t *testing.T) {
	c := good()
	c.Traces = traces.Env{Headers: "api-key=x", Protocol: "grpc"}
	if err := c.check(); err != nil || c.spans.URL != "" {
		t.Fatalf("%+v, %v", c.spans, err)
	}
	c.DataDir, c.RedisURL = "", "memory:"
	s, err := newService(t.Context(), c, c.logger())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	if _, span := otel.Tracer("x").Start(t.Context(), "x"); s.traces != nil || span.IsRecording() {
		t.Error("there are traces")
	}
}
