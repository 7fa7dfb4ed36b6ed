package main

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/api"
	"github.com/sidecard/sidecard/api/contract"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
)

// forBrowsers are the addresses behind the block: no contract.
var forBrowsers = regexp.MustCompile(`^(GET|POST) (/blocks/|/assets/|/oauth/decide$)`)

func TestRoutes_machinesFindEachDescribedAndNoneElse(t *testing.T) {
	described, err := contract.New(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	set, err := good().check()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{URL: "memory:"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := assemble(set, db, telemetry.NewRegistry("test"), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	param := regexp.MustCompile(`:(\w+)`)
	var served []string
	for _, r := range s.routes.Routes() {
		if name := r.Method + " " + param.ReplaceAllString(r.Path, "{$1}"); !forBrowsers.MatchString(name) && !strings.HasPrefix(r.Method, "echo_") {
			served = append(served, name)
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
