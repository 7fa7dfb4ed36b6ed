package sandbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
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
	s := start(t, Options{Addresses: Addresses{Amo: "127.0.0.1:0", Desk: "127.0.0.1:0"}, TLSDir: t.TempDir()})
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
	s := start(t, Options{Addresses: Addresses{Amo: "127.0.0.1:0", Desk: "127.0.0.1:0"}, TLSDir: t.TempDir(), OtherHosts: []string{"crm.test"}})
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
	s, err := Start(t.Context(), Options{Addresses: Addresses{Amo: "127.0.0.1:0", Desk: "127.0.0.1:0"}, TLSDir: t.TempDir()})
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
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the stop took %v, so it waited for the silent connection", took)
	}
	if n, err := silent.Read(make([]byte, 1)); err == nil {
		t.Errorf("the silent connection gets %d bytes after the stop", n)
	}
}
