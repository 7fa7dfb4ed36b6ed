package kit

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"
)

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

// Service serves one system.
type Service struct {
	server  *http.Server
	serving sync.WaitGroup
}

// Serve serves a handler on the listeners until Close. With a configuration they speak https besides http.
func Serve(h http.Handler, config *tls.Config, log *slog.Logger, listeners ...net.Listener) *Service {
	s := &Service{server: &http.Server{Handler: singleSlashes(h), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}}
	for _, ln := range listeners {
		if config != nil {
			ln = listenEither(ln, config)
		}
		s.serving.Go(func() {
			if err := s.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				log.Error("sandbox stopped serving", "address", ln.Addr().String(), "error", err)
			}
		})
	}
	return s
}

// Close stops serving, waits for what runs as long as the context allows and cuts the rest.
func (s *Service) Close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("stop sandbox: %w", err), s.server.Close())
	}
	s.serving.Wait()
	return err
}

// Await waits for what runs, no longer than the context allows.
func Await(ctx context.Context, running *sync.WaitGroup) error {
	ended := make(chan struct{})
	go func() {
		running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var slashes = regexp.MustCompile(`//+`)

// singleSlashes takes several slashes in a path as one, as the web servers before both products do: clients glue a base
// address that ends in a slash to a path that begins with one, and not all of them follow a redirect with a body.
func singleSlashes(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := slashes.ReplaceAllString(r.URL.Path, "/"); path != r.URL.Path {
			r = r.Clone(r.Context())
			r.URL.Path, r.URL.RawPath = path, ""
		}
		h.ServeHTTP(w, r)
	})
}
