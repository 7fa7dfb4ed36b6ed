package notices

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// errPrivate is the cause when an address of the tenant's choice leads into a private network.
var errPrivate = errors.New("the address is not a public one")

const webhookWithin = 5 * time.Second

// foreign are networks that are no host of the public internet, besides those that netip knows: this network, carriers'
// own, protocol assignments, examples, benchmarks, reserved (RFC 6890), and IPv6 forms that carry an IPv4 address.
var foreign = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public says whether an address is a host of the public internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, p := range foreign {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// onlyPublic refuses a connection after the name was resolved and before the first packet, so that a name can't be
// resolved once for the check and once for the call.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", errPrivate, "it is no IP address")
	}
	if !public(at.Addr()) {
		return errPrivate
	}
	return nil
}

// webhookClient reaches public hosts only, directly, and follows no redirect. private lifts the first.
func webhookClient(private bool) *http.Client {
	dial := &net.Dialer{Timeout: webhookWithin}
	if !private {
		dial.Control = onlyPublic
	}
	return &http.Client{
		Timeout: webhookWithin,
		Transport: &http.Transport{ // no Proxy: it would be the one that is dialled and checked
			DialContext: dial.DialContext, TLSHandshakeTimeout: webhookWithin, MaxResponseHeaderBytes: 16 << 10,
			DisableKeepAlives: true, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
