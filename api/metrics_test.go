package api

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/telemetry"
)

func TestMetrics_nameRoutesAndNothingThatAStrangerChose(t *testing.T) {
	r := telemetry.NewRegistry("x")
	requests := telemetry.Histogram(r, "http_request_seconds", "Requests.", telemetry.UpTo, "method", "route", "status")
	observe(requests, "GET", "/blocks/amocrm/:session", 200, 20*time.Millisecond)
	observe(requests, "BREW", "", 404, time.Millisecond)
	w := httptest.NewRecorder()
	telemetry.Handler(r).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`sidecard_http_request_seconds_count{method="GET",route="/blocks/amocrm/:session",status="200"} 1`,
		`sidecard_http_request_seconds_count{method="other",route="none",status="404"} 1`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s is not shown", want)
		}
	}
}
