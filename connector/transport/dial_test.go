package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"
)

// names is a resolver whose every answer is one of the addresses.
func names(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return // closed at the test's end
			}
			if _, err := conn.WriteTo(reply(query[:n], addresses), from); err != nil {
				return
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// reply answers a DNS question (RFC 1035 §4.1) with those addresses that are of the kind asked for.
func reply(query []byte, addresses []string) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	kind := binary.BigEndian.Uint16(query[end-4:])
	out := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	for _, a := range addresses {
		ip := netip.MustParseAddr(a)
		if ip.Is4() != (kind == 1) {
			continue
		}
		raw := ip.AsSlice()
		out = append(out, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(raw)))
		out = append(out, raw...)
		out[7]++
	}
	return out
}

// A name under the vendor's domain that leads inside, by a mistake of DNS or by an attack on it, is not dialled.
func TestHTTPClient_vendorNameThatResolvesInsideIsNotDialled(t *testing.T) {
	l := accounts(t, "inside.crm.example", "gate.crm.example:8443")
	for _, inside := range []string{"127.0.0.1", "10.0.0.7", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fd00::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"} {
		conn, err := l.dial(names(t, inside))(t.Context(), "tcp", "x.crm.example:443")
		if !errors.Is(err, ErrPrivate) {
			t.Errorf("%s: %v, %v", inside, conn, err)
		}
	}
}

// The operator may put a host of his own anywhere, and send everything through a proxy of his own.
func TestHTTPClient_configuredHostMayStandInside(t *testing.T) {
	here, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	_, port, err := net.SplitHostPort(here.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	l := accounts(t, "inside.crm.example", "gate.crm.example:"+port)
	for _, address := range []string{"inside.crm.example:" + port, "gate.crm.example:" + port, "proxy.example:" + port} {
		conn, err := l.dial(names(t, "127.0.0.1"))(t.Context(), "tcp", address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		_ = conn.Close()
	}
}
