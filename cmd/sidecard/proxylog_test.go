package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
)

// nginxMap is the handbook's map of addresses for a proxy's log: patterns and what stands in their place.
func nginxMap(t *testing.T) (rules map[*regexp.Regexp]string, page string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "docs/operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	rules = map[*regexp.Regexp]string{}
	for _, m := range regexp.MustCompile(`(?m)^ +"~(\^[^"]+)" +(\S+);$`).FindAllStringSubmatch(string(raw), -1) {
		rules[regexp.MustCompile(m[1])] = strings.ReplaceAll(m[2], "$rest", "${rest}")
	}
	return rules, string(raw)
}

// No address that the service serves brings a session or a secret into the log of a proxy that is set up as the handbook says.
func TestProxyLog_holdsNoSessionAndNoSecret(t *testing.T) {
	rules, page := nginxMap(t)
	if len(rules) == 0 || !strings.Contains(page, "log_format sidecard") {
		t.Fatal("the handbook has no map of addresses")
	}
	format := regexp.MustCompile(`log_format sidecard '([^']*)'`).FindStringSubmatch(page)[1]
	for _, secret := range []string{"$request ", "$request_uri", "$uri", "$args", "$query_string", "$arg_", "$http_referer"} {
		if strings.Contains(format+" ", secret) {
			t.Errorf("the format logs %s", secret)
		}
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
	hidden := 0
	for _, r := range s.routes.Routes() {
		path := strings.NewReplacer(":session", "CANARY", ":secret", "CANARY").Replace(r.Path)
		logged := path
		for pattern, into := range rules {
			if at := pattern.FindStringSubmatchIndex(path); at != nil { // nginx puts the value in the place of the whole
				logged = string(pattern.ExpandString(nil, into, path, at))
			}
		}
		if strings.Contains(logged, "CANARY") {
			t.Errorf("%s is logged as %s", path, logged)
		}
		if logged != path {
			hidden++
			if suffix := strings.TrimPrefix(r.Path, "/blocks/amocrm/:session"); suffix != r.Path && !strings.HasSuffix(logged, suffix) {
				t.Errorf("%s is logged as %s, which does not tell the route", path, logged)
			}
		}
	}
	if hidden < 20 {
		t.Errorf("%d addresses with a secret were seen", hidden)
	}
}
