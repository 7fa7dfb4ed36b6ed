package telemetry

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHandler_showsWhatIsKnownBeforehand(t *testing.T) {
	r := NewRegistry("v1.2.3")
	Counter(r, "things_total", "Things.", "kind", "one", "two").WithLabelValues("one").Inc()
	Counters(nil, "things_total", "Nobody reads these.", "kind").WithLabelValues("one").Inc()
	w := httptest.NewRecorder()
	Handler(r).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	got := w.Body.String()
	for _, want := range []string{`sidecard_build_info{go="go1.`, `version="v1.2.3"} 1`, `sidecard_things_total{kind="one"} 1`, `sidecard_things_total{kind="two"} 0`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not shown:\n%s", want, got)
		}
	}
}
