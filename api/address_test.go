package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/internal/route"
)

// named answers with the route and the body that reached it.
type named struct{}

func (named) Mount(r *route.Router) {
	answer := func(c echo.Context) error {
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		return c.String(http.StatusOK, c.Path()+" "+string(body)+" "+c.QueryParam("key"))
	}
	e := r.Machine()
	for _, path := range []string{"/api/", "/api", "/api/freeCreateLead", "/api/triggers/:id", "/blocks/amocrm/:session/deals", "/hooks/:secret"} {
		e.POST(path, answer)
		e.GET(path, answer)
	}
}

func TestTypedAddress_slashesSpacesAndCapitalsDoNotMatter(t *testing.T) {
	e := New(Options{Log: slog.New(slog.DiscardHandler), Ready: func(context.Context) error { return nil }, Routes: route.Of("test", named{})})
	for _, c := range []struct{ method, target, want string }{
		{"POST", "/api/freeCreateLead", "/api/freeCreateLead body k"},
		{"POST", "/api/freeCreateLead/", "/api/freeCreateLead body k"},
		{"POST", "//api/freeCreateLead", "/api/freeCreateLead body k"},
		{"POST", "/api//freeCreateLead", "/api/freeCreateLead body k"},
		{"POST", "///API///freecreatelead//", "/api/freeCreateLead body k"},
		{"POST", "/api/freeCreateLead%20", "/api/freeCreateLead body k"},
		{"POST", "/api/freeCreateLead%0A", "/api/freeCreateLead body k"},
		{"POST", "/api%2FfreeCreateLead", "/api/freeCreateLead body k"},
		{"POST", "/api/", "/api/ body k"},
		{"POST", "/api", "/api body k"},
		{"POST", "//api/", "/api/ body k"},
		{"POST", "/api//", "/api/ body k"},
		{"POST", "/API", "/api/ body k"},
		// Nothing else is opened by it.
		{"GET", "//api/freeCreateLead", ""},
		{"GET", "/API/", ""},
		{"POST", "//api/triggers/1", ""},
		{"POST", "/blocks//amocrm/1/deals", ""},
		{"POST", "//hooks/1", ""},
		{"POST", "/Hooks/1", ""},
		{"POST", "/api/./freeCreateLead", ""},
		{"POST", "/api/../api/freeCreateLead", ""},
		{"POST", "/x/api/freeCreateLead", ""},
		{"POST", "/api/free/CreateLead", ""},
		{"POST", "/api/freeCreateLead;x", ""},
		{"POST", strings.Repeat("/", maxTypedAddress) + "api", ""},
		{"POST", "/", ""},
	} {
		r := httptest.NewRequest(c.method, "http://sidecard.example.com"+c.target+"?key=k", strings.NewReader("body"))
		got := httptest.NewRecorder()
		e.ServeHTTP(got, r)
		if c.want == "" && got.Code == http.StatusNotFound {
			continue
		}
		if got.Code != http.StatusOK || got.Body.String() != c.want {
			t.Errorf("%s %s: %d %q, want %q", c.method, c.target, got.Code, got.Body, c.want)
		}
	}
}

// What holds for the route holds for every way to write it: limits, counts and the log see the route's own name.
func TestTypedAddress_theRouteIsTheSameToAll(t *testing.T) {
	var log strings.Builder
	metrics := prometheus.NewRegistry()
	e := New(Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Ready: func(context.Context) error { return nil },
		Routes: route.Of("test", named{}), Metrics: metrics})
	e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "http://x//API/freecreatelead/?key=k", strings.NewReader("{}")))
	counted, err := metrics.Gather()
	if err != nil || !strings.Contains(fmt.Sprint(counted), "/api/freeCreateLead") || !strings.Contains(log.String(), "route=/api/freeCreateLead status=200") {
		t.Errorf("%v, %v, %s", counted, err, log.String())
	}
}
