package main

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/api"
	"github.com/sidecard/sidecard/api/contract"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
)

// What is no page is described: the routes of machines and outside systems, the probes, and where amoCRM sends browsers back to.
func TestRoutes_machinesFindEachDescribedAndNoneElse(t *testing.T) {
	described, err := contract.New(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	c := good()
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{URL: "memory:"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := assemble(c, db, telemetry.NewRegistry("test"), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	param := regexp.MustCompile(`:(\w+)`)
	name := func(method, path string) string { return method + " " + param.ReplaceAllString(path, "{$1}") }
	page := map[string]bool{}
	for _, r := range s.mounted {
		page[name(r.Method, r.Path)] = (r.Class == route.Panel || r.Class == route.Public) && r.Path != "/oauth/callback"
	}
	var served []string
	for _, r := range s.routes.Routes() {
		if n := name(r.Method, r.Path); !page[n] && !strings.HasPrefix(r.Method, "echo_") {
			served = append(served, n)
		}
	}
	slices.Sort(served)
	for _, name := range served {
		if !slices.Contains(described.Operations(), name) {
			t.Errorf("%s is served, but not described", name)
		}
	}
	for _, name := range described.Operations() {
		if !slices.Contains(served, name) {
			t.Errorf("%s is described, but not served", name)
		}
	}
}
