package traces

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidecard/sidecard/connector/transport"
)

// exporter posts spans as OTLP over HTTP in its JSON form (opentelemetry.io/docs/specs/otlp). A batch that the collector does
// not take is lost: it is not kept for a second try.
type exporter struct {
	url     string
	headers http.Header
	http    *http.Client
}

// ExportSpans implements sdktrace.SpanExporter. Its errors hold neither address nor headers.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	body, err := json.Marshal(encode(spans))
	if err != nil {
		return fmt.Errorf("encode spans: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	for name, values := range e.headers {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", transport.UserAgent())
	answer, err := transport.Do(e.http, req)
	switch {
	case err != nil:
		return fmt.Errorf("reach the collector: %w", err)
	case answer.Status < 200 || answer.Status > 299:
		return fmt.Errorf("the collector answers %d", answer.Status)
	}
	var said struct {
		Partial struct {
			Rejected json.RawMessage `json:"rejectedSpans"` // the protocol's 64-bit numbers are strings, not everybody's are
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(answer.Body, &said) != nil { // it has taken them; what it says beside is not needed
		return nil
	}
	if n := string(bytes.Trim(said.Partial.Rejected, `"`)); n != "" && n != "0" && n != "null" {
		return fmt.Errorf("the collector refuses %.20s of %d spans", n, len(spans))
	}
	return nil
}

func (e *exporter) Shutdown(context.Context) error {
	e.http.CloseIdleConnections()
	return nil
}
