package kit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// CAFile is the authority that clients are told to trust, in the folder of the certificate.
const CAFile = "ca.pem"

// What the server shows, in the same folder.
const (
	certFile = "cert.pem"
	keyFile  = "key.pem"
)

const (
	certLife = 397 * 24 * time.Hour // browsers take no longer ones
	certLeft = 30 * 24 * time.Hour  // with less left it is made anew
)

// Certificate reads the certificate for the names from the folder, or makes it and an authority for it there. The
// authority may sign for these names only and its key is forgotten, so that trusting it opens nothing else.
func Certificate(dir string, names []string, now time.Time) (tls.Certificate, error) {
	if pair, err := readCertificate(dir, names, now); err == nil {
		return pair, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return tls.Certificate{}, fmt.Errorf("make folder of the certificate: %w", err)
	}
	if err := makeCertificate(dir, names, now); err != nil {
		return tls.Certificate{}, fmt.Errorf("make certificate: %w", err)
	}
	return readCertificate(dir, names, now)
}

// readCertificate fails on a pair that is not there, does not fit, is about to expire or lacks a name.
func readCertificate(dir string, names []string, now time.Time) (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, certFile), filepath.Join(dir, keyFile))
	if err != nil {
		return pair, err
	}
	ca, err := os.ReadFile(filepath.Join(dir, CAFile))
	if err != nil {
		return pair, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now.Add(certLeft)}); err != nil {
		return pair, err
	}
	for _, name := range names {
		if err := pair.Leaf.VerifyHostname(name); err != nil {
			return pair, err
		}
	}
	return pair, nil
}

func makeCertificate(dir string, names []string, now time.Time) error {
	ca := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Sidecard sandbox, this machine only"}, NotBefore: now.Add(-time.Hour),
		NotAfter: now.Add(certLife), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true,
	}
	leaf := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Sidecard sandbox"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		ip := net.ParseIP(name)
		if ip == nil {
			leaf.DNSNames = append(leaf.DNSNames, name)
			ca.PermittedDNSDomains = append(ca.PermittedDNSDomains, strings.TrimPrefix(name, "*."))
			continue
		}
		leaf.IPAddresses = append(leaf.IPAddresses, ip)
		bits := 8 * len(ip)
		if four := ip.To4(); four != nil {
			ip, bits = four, 32
		}
		ca.PermittedIPRanges = append(ca.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		writePEM(filepath.Join(dir, keyFile), "PRIVATE KEY", keyDER, 0o600),
		writePEM(filepath.Join(dir, certFile), "CERTIFICATE", leafDER, 0o644),
		writePEM(filepath.Join(dir, CAFile), "CERTIFICATE", caDER, 0o644))
}

func serial() *big.Int {
	raw := make([]byte, 16)
	rand.Read(raw) // never fails: crypto/rand crashes the program instead
	return new(big.Int).SetBytes(raw)
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
