package traces

import (
	"strings"
	"testing"
)

func TestParse_endpointOfTracesGoesFirst(t *testing.T) {
	for name, x := range map[string]struct {
		env Env
		url string
	}{
		"unset":           {Env{Headers: "nonsense", Protocol: "grpc"}, ""},
		"general":         {Env{Endpoint: "http://collector:4318"}, "http://collector:4318/v1/traces"},
		"general, slash":  {Env{Endpoint: "https://c.example/otlp/"}, "https://c.example/otlp/v1/traces"},
		"traces as it is": {Env{Endpoint: "http://other", TracesEndpoint: "http://[::1]:4318/here"}, "http://[::1]:4318/here"},
		"said protocol":   {Env{Endpoint: "http://c:4318", Protocol: "grpc", TracesProtocol: "http/json"}, "http://c:4318/v1/traces"},
	} {
		if c, err := Parse(x.env); err != nil || c.URL != x.url {
			t.Errorf("%s: %q, %v", name, c.URL, err)
		}
	}
	c, err := Parse(Env{Endpoint: "http://c:4318", Headers: "a=b", TracesHeaders: "api-key=x%20y%3D, other = z ,"})
	if err != nil || c.Headers.Get("Api-Key") != "x y=" || c.Headers.Get("Other") != "z" || len(c.Headers) != 2 {
		t.Errorf("headers %v, %v", c.Headers, err)
	}
}

func TestParse_mistakesNameTheirVariableAndShowNoValue(t *testing.T) {
	const secret = "pass-word"
	for name, e := range map[string]Env{
		"OTEL_EXPORTER_OTLP_ENDPOINT: expected":        {Endpoint: "http://user:" + secret + "@c:4318"},
		"OTEL_EXPORTER_OTLP_ENDPOINT: ":                {Endpoint: "collector:4318"},
		"OTEL_EXPORTER_OTLP_ENDPOINT: e":               {Endpoint: "http://%zz" + secret},
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: expected": {Endpoint: "http://c", TracesEndpoint: "http://c?key=" + secret},
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ":         {TracesEndpoint: "grpc://" + secret},
		"OTEL_EXPORTER_OTLP_PROTOCOL: ":                {Endpoint: "http://c", Protocol: "http/protobuf"},
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ":         {Endpoint: "http://c", Protocol: "http/json", TracesProtocol: "grpc"},
		"OTEL_EXPORTER_OTLP_HEADERS: ":                 {Endpoint: "http://c", Headers: secret},
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS: ":          {Endpoint: "http://c", TracesHeaders: "a=" + secret + "%0d%0ab:c"},
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS: expected":  {Endpoint: "http://c", TracesHeaders: "a b=" + secret},
	} {
		if _, err := Parse(e); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
