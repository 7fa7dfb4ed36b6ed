package sandbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// trusting is a client that trusts the sandbox's authority only and reaches every name at the address.
func trusting(t *testing.T, s *Sandbox, address string) *http.Client {
	t.Helper()
	ca, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatalf("%s holds no certificate", s.CAFile)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	if address != "" {
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func getBy(t *testing.T, c *http.Client, url string, header ...string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, raw
}

func TestTLS_bothSystemsSpeakHTTPSBesidesHTTP(t *testing.T) {
	s := start(t, Options{AmoAddr: "127.0.0.1:0", DeskAddr: "127.0.0.1:0", TLSDir: t.TempDir()})
	c := trusting(t, s, "")
	for _, host := range append(s.ExtraHosts(), strings.TrimPrefix(s.DeskURL, "http://")) {
		for _, scheme := range []string{"https://", "http://", "https://"} {
			if status, body := getBy(t, c, scheme+host+"/_sandbox/info"); status != http.StatusOK || !bytes.Contains(body, []byte("usedesk_token")) {
				t.Errorf("%s%s: %d %.100s", scheme, host, status, body)
			}
		}
	}
	if got := infoAt(t, s.AmoURL); got.CAFile != s.CAFile || got.CAFile == "" {
		t.Errorf("info names the authority %q, want %q", got.CAFile, s.CAFile)
	}
	stranger := &http.Client{Transport: &http.Transport{}}
	if res, err := stranger.Get("https://" + s.AmoHosts[0] + "/"); err == nil {
		res.Body.Close()
		t.Error("a client that does not trust the authority is connected")
	}
}

func TestTLS_accountsAreFoundUnderTheirPublicNames(t *testing.T) {
	s := start(t, Options{AmoAddr: "127.0.0.1:0", DeskAddr: "127.0.0.1:0", TLSDir: t.TempDir(), OtherHosts: []string{"crm.test"}})
	c := trusting(t, s, s.AmoHosts[0])
	res, err := http.Post(s.AmoURL+"/_sandbox/grant", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var grant struct {
		Access string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&grant); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"hogwarts.amocrm.ru": 200, "hogwarts.kommo.com": 200, "beauxbatons.amocrm.ru": 401, "none.amocrm.ru": 401, "crm.test": 200} {
		status, body := getBy(t, c, "https://"+host+"/api/v4/account", "Authorization", "Bearer "+grant.Access)
		if status != want || want == 200 && !bytes.Contains(body, []byte(`"href":"https://`+host+`/api/v4/account"`)) {
			t.Errorf("%s: %d %s, want %d and links of https", host, status, body, want)
		}
	}
	if _, err := c.Get("https://hogwarts.example.com/"); err == nil || !strings.Contains(err.Error(), "hogwarts.example.com") {
		t.Errorf("a name that the certificate lacks: %v", err)
	}
}

func TestTLS_connectionsThatSayNothingDoNotHoldTheStop(t *testing.T) {
	s, err := Start(t.Context(), Options{AmoAddr: "127.0.0.1:0", DeskAddr: "127.0.0.1:0", TLSDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Dial("tcp", s.AmoHosts[0])
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if fetch(t, s.AmoURL+"/_sandbox/info") == "" { // others are served meanwhile
		t.Error("no info")
	}
	began := time.Now()
	stop(t, s)
	if took := time.Since(began); took > firstByteWithin/2 {
		t.Errorf("the stop took %v, so it waited for the silent connection", took)
	}
	if n, err := silent.Read(make([]byte, 1)); err == nil {
		t.Errorf("the silent connection gets %d bytes after the stop", n)
	}
}

func TestCertificate_isKeptUntilItDoesNotFit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for it")
	now := time.Now()
	leaf := func(at time.Time, names ...string) []byte {
		t.Helper()
		pair, err := certificate(dir, names, at)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Certificate[0]
	}
	first := leaf(now, "localhost", "127.0.0.1")
	if !bytes.Equal(first, leaf(now.Add(300*24*time.Hour), "127.0.0.1")) {
		t.Error("a certificate that fits is made anew")
	}
	if bytes.Equal(first, leaf(now, "localhost", "crm.test")) {
		t.Error("a certificate without the name is kept")
	}
	second := leaf(now, "127.0.0.1")
	if bytes.Equal(second, leaf(now.Add(370*24*time.Hour), "127.0.0.1")) {
		t.Error("a certificate with less than thirty days is kept")
	}
	third := leaf(now, "127.0.0.1")
	if err := os.WriteFile(filepath.Join(dir, keyFile), []byte("cut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(third, leaf(now, "127.0.0.1")) {
		t.Error("a certificate without its key is kept")
	}
}

func TestCertificate_authoritySignsForNothingElse(t *testing.T) {
	dir := t.TempDir()
	if _, err := certificate(dir, []string{"localhost", "*.amocrm.ru", "127.0.0.1", "::1"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, caFile))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !ca.PermittedDNSDomainsCritical || strings.Join(ca.PermittedDNSDomains, " ") != "localhost amocrm.ru" || len(ca.PermittedIPRanges) != 2 ||
		ca.PermittedIPRanges[0].String() != "127.0.0.1/32" || ca.PermittedIPRanges[1].String() != "::1/128" {
		t.Errorf("permitted are %v and %v", ca.PermittedDNSDomains, ca.PermittedIPRanges)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Errorf("%d files, want the authority, the certificate and its key: the authority's key is kept nowhere (%v)", len(files), err)
	}
	info, err := os.Stat(filepath.Join(dir, keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v (%v), want 0600", info.Mode(), err)
	}
	if _, err := certificate(filepath.Join(dir, keyFile, "sub"), []string{"localhost"}, time.Now()); err == nil {
		t.Error("a folder that can't be made is no error")
	}
}
