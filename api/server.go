package api

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// Routes is a set of handlers that mounts itself.
type Routes interface{ Routes(e *echo.Echo) }

// Options is what the HTTP surface needs from the outside.
type Options struct {
	Log *slog.Logger
	// Ready says why the service can't work, nil when it can.
	Ready func(context.Context) error
	// Proxies are the networks whose X-Forwarded-For is believed; none means the peer's address counts.
	Proxies []*net.IPNet
	// Served hears of every answer; route is the pattern, "" when there is none. May be nil.
	Served func(method, route string, status int, took time.Duration)
	Routes []Routes
}

// New builds the echo instance: middleware, /healthz, /readyz, /api/openapi.yaml and the given routes.
func New(o Options) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = extractor(o.Proxies)
	e.HTTPErrorHandler = failure(o.Log)
	if o.Served == nil {
		o.Served = func(string, string, int, time.Duration) {}
	}
	e.Use(middleware.RequestID(), access(o.Log, o.Served), middleware.RecoverWithConfig(middleware.RecoverConfig{
		DisableErrorHandler: false,
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			o.Log.Error("panic", "route", c.Path(), "error", err, "stack", string(stack))
			return err
		},
	}))
	e.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "alive\n") })
	e.GET("/readyz", func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
		defer cancel()
		if err := o.Ready(ctx); err != nil {
			o.Log.Warn("not ready", "error", err)
			return c.String(http.StatusServiceUnavailable, "not ready: Redis is not reachable\n")
		}
		return c.String(http.StatusOK, "ready\n")
	})
	e.GET("/api/openapi.yaml", describe)
	for _, r := range o.Routes {
		r.Routes(e)
	}
	return e
}

// Server wraps a handler with the time and size limits every listener of ours has.
func Server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      45 * time.Second, // Prefer: wait may take 30
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
	}
}

func extractor(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(p))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// access logs one line a request. It names the route's pattern, never the path: paths carry session ids, queries keys.
func access(log *slog.Logger, served func(string, string, int, time.Duration)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			start := time.Now()
			err := next(c)
			if err != nil {
				c.Error(err)
			}
			level := slog.LevelDebug
			if c.Response().Status >= 500 {
				level = slog.LevelError
			}
			log.Log(c.Request().Context(), level, "request",
				"id", c.Response().Header().Get(echo.HeaderXRequestID),
				"method", c.Request().Method, "route", c.Path(), "status", c.Response().Status,
				"ms", time.Since(start).Milliseconds())
			served(c.Request().Method, c.Path(), c.Response().Status, time.Since(start))
			return nil
		}
	}
}

// failure answers what no handler has answered. Internal text never leaves; it is in the log under the request's id.
func failure(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		status, title := http.StatusInternalServerError, "Something failed here; the request id finds it in the log"
		var he *echo.HTTPError
		if errors.As(err, &he) {
			status, title = he.Code, http.StatusText(he.Code)
		}
		if status >= 500 {
			log.Error("request failed", "id", c.Response().Header().Get(echo.HeaderXRequestID), "route", c.Path(), "error", err)
		}
		if perr := Problem(c, status, title); perr != nil {
			log.Warn("answer not written", "error", perr)
		}
	}
}
