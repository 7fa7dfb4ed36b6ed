package kit

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

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
