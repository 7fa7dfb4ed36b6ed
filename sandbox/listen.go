package sandbox

import (
	"context"
	"errors"
	"net"
)

// secondIP is the loopback address of the second account. Linux answers on all of 127.0.0.0/8, other systems don't.
const secondIP = "127.0.0.2"

// Two more addresses at the same port: amoCRM's own api host, which tells where an account lives, and a host for an account
// that gets renamed.
const (
	apiIP   = "127.0.0.3"
	spareIP = "127.0.0.4"
)

// listenMore listens at the port of the first account on the other addresses. Where one can't be had its host is empty.
func listenMore(ctx context.Context, first net.Listener) (listeners []net.Listener, api, spare string, err error) {
	_, port, err := net.SplitHostPort(first.Addr().String())
	if err != nil {
		return nil, "", "", err
	}
	at := func(ip string) string {
		host := net.JoinHostPort(ip, port)
		if unspecified(first.Addr()) {
			return host
		}
		ln, err := listen(ctx, host)
		if err != nil {
			return ""
		}
		listeners = append(listeners, ln)
		return host
	}
	api, spare = at(apiIP), at(spareIP)
	return listeners, api, spare, nil
}

// listenAmo listens for two accounts and returns their hosts. An unspecified address answers on every loopback
// address; any other gets a second listener, and where that can't be had the second account goes by "localhost".
func listenAmo(ctx context.Context, addr string) ([]net.Listener, []string, error) {
	first, err := listen(ctx, addr)
	if err != nil {
		return nil, nil, err
	}
	host := reachable(first.Addr())
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return nil, nil, errors.Join(err, first.Close())
	}
	listeners := []net.Listener{first}
	second := net.JoinHostPort(secondIP, port)
	if !unspecified(first.Addr()) {
		ln, err := listen(ctx, second)
		if err != nil {
			second = net.JoinHostPort("localhost", port)
		} else {
			listeners = append(listeners, ln)
		}
	}
	return listeners, []string{host, second}, nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
}

func unspecified(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && (tcp.IP == nil || tcp.IP.IsUnspecified())
}

// reachable is the host:port at which a listener answers on this machine.
func reachable(addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil || !unspecified(addr) {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", port)
}

func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, ln := range listeners {
		errs = append(errs, ln.Close())
	}
	return errors.Join(errs...)
}
