package traces

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Env are OpenTelemetry's own variables; those of traces go before the general ones.
type Env struct {
	Endpoint       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"OTLP/HTTP address of an OpenTelemetry collector, such as http://collector:4318; empty sends no traces."`
	TracesEndpoint string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" help:"The same with its path, for traces alone, such as http://collector:4318/v1/traces."`
	Headers        string `env:"OTEL_EXPORTER_OTLP_HEADERS" help:"Headers for the collector: name=value,name=value."`
	TracesHeaders  string `env:"OTEL_EXPORTER_OTLP_TRACES_HEADERS" help:"Headers for the collector of traces."`
	Protocol       string `env:"OTEL_EXPORTER_OTLP_PROTOCOL" help:"http/json, the only one."`
	TracesProtocol string `env:"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL" help:"http/json, the only one."`
}

// Config says where spans go.
type Config struct {
	URL     string // of the traces; "" is off
	Headers http.Header
}

// Parse reads the environment. With neither endpoint the rest does not matter. The error names every wrong variable and what
// is expected, and repeats no value: they may hold passwords.
func Parse(e Env) (Config, error) {
	var c Config
	var wrong []error
	bad := func(name, expected string) { wrong = append(wrong, fmt.Errorf("%s: %s", name, expected)) }
	// of returns a variable of traces when it is set, else the general one, with its name.
	of := func(what, traces, general string) (name, value string) {
		if traces != "" {
			return "OTEL_EXPORTER_OTLP_TRACES_" + what, traces
		}
		return "OTEL_EXPORTER_OTLP_" + what, general
	}
	name, raw := of("ENDPOINT", e.TracesEndpoint, e.Endpoint)
	if raw == "" {
		return Config{}, nil
	}
	u, ok := endpoint(raw)
	const address = "expected the collector's OTLP/HTTP address without user and query, such as http://collector:4318"
	switch {
	case ok && e.TracesEndpoint != "":
		c.URL = u.String()
	case ok:
		c.URL = u.JoinPath("v1/traces").String()
	case e.TracesEndpoint != "":
		bad(name, address+"/v1/traces")
	default:
		bad(name, address)
	}
	if name, raw = of("PROTOCOL", e.TracesProtocol, e.Protocol); raw != "" && raw != "http/json" {
		bad(name, "expected http/json, or nothing: traces are sent over HTTP as JSON, mostly to port 4318")
	}
	name, raw = of("HEADERS", e.TracesHeaders, e.Headers)
	if c.Headers, ok = headers(raw); !ok {
		bad(name, "expected name=value,name=value with special characters as %20")
	}
	return c, errors.Join(wrong...)
}

func endpoint(raw string) (*url.URL, bool) {
	u, err := url.Parse(raw)
	ok := err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil &&
		u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
	return u, ok
}

func headers(raw string) (http.Header, bool) {
	h := http.Header{}
	for pair := range strings.SplitSeq(raw, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !found || err != nil || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, false
		}
		h.Set(name, value)
	}
	return h, true
}
