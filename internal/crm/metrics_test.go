package crm

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/telemetry"
)

func TestMetrics_ofCallsNameTheEndpointAndTheStatus(t *testing.T) {
	r := telemetry.NewRegistry("x")
	b := New(Deps{Metrics: r})
	b.called(t.Context(), amocrm.Seen{Op: "GET /contacts/{id}", Status: 429, Took: time.Second})
	b.called(t.Context(), amocrm.Seen{Op: "POST /leads", Took: time.Second})
	w := httptest.NewRecorder()
	telemetry.Handler(r).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`sidecard_crm_call_seconds_count{endpoint="GET /contacts/{id}",outcome="429"} 1`,
		`sidecard_crm_call_seconds_count{endpoint="POST /leads",outcome="none"} 1`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s is not shown", want)
		}
	}
}
