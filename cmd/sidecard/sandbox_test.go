package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/sidecard/sidecard/sandbox"
)

func TestSandbox_flagsReachTheLocalSystems(t *testing.T) {
	dir := t.TempDir()
	c := newCLI()
	parser, err := kong.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"sandbox", "--amo", "127.0.0.1:0", "--desk", "127.0.0.1:0", "--tls", "--data", dir, "--host", "crm.test,box:9000"}); err != nil {
		t.Fatal(err)
	}
	sb, err := startSandbox(t.Context(), c.Sandbox)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		http.DefaultClient.CloseIdleConnections()
		if err := closeWithin(5*time.Second, sb.Close); err != nil {
			t.Error(err)
		}
	}()
	if want := filepath.Join(dir, "ca.pem"); sb.CAFile != want {
		t.Errorf("the authority is %q, want %q", sb.CAFile, want)
	}
	if _, err := os.Stat(sb.CAFile); err != nil {
		t.Error(err)
	}
	for host, want := range map[string]int{"crm.test": http.StatusOK, "box:9000": http.StatusOK, "box:1": http.StatusNotFound} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, sb.AmoURL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != want {
			t.Errorf("%s: %d, want %d (%v)", host, res.StatusCode, want, err)
		}
	}
}

// The tags of a command can't be derived from the list of the local systems, so they are held against it.
func TestDemo_flagKnowsEverySystem(t *testing.T) {
	ports, _ := reflect.TypeFor[demoCmd]().FieldByName("Ports")
	if _, err := splitPorts(ports.Tag.Get("default")); err != nil {
		t.Error(err)
	}
	for _, name := range sandbox.Names() {
		if help := ports.Tag.Get("help"); !strings.Contains(help, "local "+name) {
			t.Errorf("%q does not name the local %s", help, name)
		}
	}
}
