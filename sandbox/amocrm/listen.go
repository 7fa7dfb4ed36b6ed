package amocrm

import (
	"context"
	"errors"
	"net"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// SecondIP is the loopback address of the second account. Linux answers on all of 127.0.0.0/8, other systems don't.
const SecondIP = "127.0.0.2"

// Two more addresses at the same port: amoCRM's own api host, which tells where an account lives, and a host for an account
// that gets renamed.
const (
	apiIP   = "127.0.0.3"
	spareIP = "127.0.0.4"
)

// CertificateNames are the names under which clients ask for an account by https, also when they connect elsewhere.
var CertificateNames = []string{SecondIP, apiIP, spareIP, "*.amocrm.ru", "*.amocrm.com", "*.kommo.com", "*.amocrm.test"}

// Listening is where the local amoCRM is reached.
type Listening struct {
	Listeners []net.Listener
	// Hosts are the host:port of two accounts.
	Hosts []string
	// APIHost is amoCRM's own host, SpareHost is for an account that gets renamed. Both are empty on a system that answers
	// on one loopback address only.
	APIHost, SpareHost string
}

// Listen listens for two accounts. An unspecified address answers on every loopback address; any other gets a second
// listener, and where that can't be had the second account goes by "localhost".
func Listen(ctx context.Context, addr string) (Listening, error) {
	var listen net.ListenConfig
	first, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return Listening{}, err
	}
	host := kit.Reachable(first.Addr())
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return Listening{}, errors.Join(err, first.Close())
	}
	l := Listening{Listeners: []net.Listener{first}}
	also := func(ip, otherwise string) string {
		host := net.JoinHostPort(ip, port)
		if kit.Unspecified(first.Addr()) {
			return host
		}
		ln, err := listen.Listen(ctx, "tcp", host)
		if err != nil {
			return otherwise
		}
		l.Listeners = append(l.Listeners, ln)
		return host
	}
	l.Hosts = []string{host, also(SecondIP, net.JoinHostPort("localhost", port))}
	l.APIHost, l.SpareHost = also(apiIP, ""), also(spareIP, "")
	return l, nil
}
