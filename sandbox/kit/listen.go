package kit

import (
	"context"
	"errors"
	"net"
)

// Listen listens at a TCP address.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
}

// Unspecified reports whether an address answers on every address of this machine.
func Unspecified(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && (tcp.IP == nil || tcp.IP.IsUnspecified())
}

// Reachable returns the host:port at which a listener answers on this machine.
func Reachable(addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil || !Unspecified(addr) {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", port)
}

// CloseAll closes listeners that nothing serves yet.
func CloseAll(listeners []net.Listener) error {
	var errs []error
	for _, ln := range listeners {
		errs = append(errs, ln.Close())
	}
	return errors.Join(errs...)
}
