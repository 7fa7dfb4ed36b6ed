package kit

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCertificate_isKeptUntilItDoesNotFit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for it")
	now := time.Now()
	leaf := func(at time.Time, names ...string) []byte {
		t.Helper()
		pair, err := Certificate(dir, names, at)
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
	if _, err := Certificate(dir, []string{"localhost", "*.amocrm.ru", "127.0.0.1", "::1"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, CAFile))
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
	if _, err := Certificate(filepath.Join(dir, keyFile, "sub"), []string{"localhost"}, time.Now()); err == nil {
		t.Error("a folder that can't be made is no error")
	}
}
