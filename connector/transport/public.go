package transport

import (
	"errors"
	"net/netip"
	"syscall"
)

// ErrPrivate is the error of a name that leads to an address that is no host of the public internet.
var ErrPrivate = errors.New("the address is not a public one")

// nonPublic are networks that are no host of the public internet, besides those that netip knows: this network, carriers'
// own, protocol assignments, examples, benchmarks, reserved (RFC 6890), and IPv6 forms that carry an IPv4 address.
var nonPublic = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public reports whether an address is a host of the public internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, p := range nonPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// OnlyPublic is a net.Dialer's Control that refuses a connection after the name was resolved and before the first packet,
// so that a name can't be resolved once for the check and once for the call. Its error is ErrPrivate.
func OnlyPublic(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !Public(at.Addr()) {
		return ErrPrivate
	}
	return nil
}
