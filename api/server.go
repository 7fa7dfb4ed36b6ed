// Package api is the HTTP surface that all blocks share: the server with its limits, headers and log, and the description of what
// machines call (openapi.yaml).
//
// It refuses to know what a block does with a request: blocks mount their own routes. Internal text never leaves, and an address
// that begins or ends logins has a bounded share.
package api

import (
	"context"
	_ "embed"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/problem"
	"github.com/sidecard/sidecard/internal/ratelimit"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/telemetry/traces"
	"github.com/sidecard/sidecard/internal/turn"
)

// Options is what the HTTP surface needs from the outside.
type Options struct {
	Log *slog.Logger
	// Ready says why nothing can be stored, nil when it can.
	Ready func(context.Context) error
	// Proxies are the networks whose X-Forwarded-For is believed; none means the peer's address counts.
	Proxies []*net.IPNet
	// Anonymous bounds logins by address; nil bounds nothing.
	Anonymous *ratelimit.Anonymous
	// Metrics may be nil.
	Metrics prometheus.Registerer
	Routes  []route.Route
}

// New builds the echo instance: middleware, /healthz, /readyz, /api/openapi.yaml and the given routes, each with what its
// class asks for.
func New(o Options) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = extractor(o.Proxies)
	e.HTTPErrorHandler = failure(o.Log)
	requests := telemetry.Histogram(o.Metrics, "http_request_seconds", "Requests answered, by route pattern.", telemetry.UpTo,
		"method", "route", "status")
	e.Pre(typedAddress)
	e.Use(traces.Requests, strict, middleware.RequestID(), untrusted(o.Proxies, o.Log), access(o.Log, requests), middleware.RecoverWithConfig(middleware.RecoverConfig{
		DisableErrorHandler: false,
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			o.Log.ErrorContext(c.Request().Context(), "panic", "route", c.Path(), "error", err, "stack", string(stack))
			return err
		},
	}), new(body.Budget).Limit(sender))
	e.GET("/healthz", func(c echo.Context) error {
		way, _ := forwarded(c.Request(), o.Proxies)
		c.Response().Header().Set(ForwardedHeader, way)
		return c.String(http.StatusOK, "alive\n")
	})
	e.GET("/readyz", func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
		defer cancel()
		if err := o.Ready(ctx); err != nil {
			o.Log.Warn("not ready", "error", err)
			return c.String(http.StatusServiceUnavailable, "not ready: "+store.Why(err)+"\n")
		}
		return c.String(http.StatusOK, "ready\n")
	})
	e.GET("/api/openapi.yaml", describe)
	for _, r := range o.Routes {
		e.Add(r.Method, r.Path, r.Handler, before(r, o.Anonymous)...)
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

// requestID matches the ids that a caller may give a request.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// strict sets the headers of an answer that is no page: nothing in it may run, be framed or be guessed to be of another kind.
// Pages and assets put their own in their place.
func strict(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if !requestID.MatchString(c.Request().Header.Get(echo.HeaderXRequestID)) {
			c.Request().Header.Del(echo.HeaderXRequestID) // it would come back in the answer and in the log
		}
		return next(c)
	}
}

// access logs one line a request. It names the route's pattern, never the path: paths carry session ids, queries keys.
func access(log *slog.Logger, requests *prometheus.HistogramVec) echo.MiddlewareFunc {
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
				"method", method(c.Request()), "route", c.Path(), "status", c.Response().Status,
				"ms", time.Since(start).Milliseconds())
			observe(requests, c.Request().Method, c.Path(), c.Response().Status, time.Since(start))
			return nil
		}
	}
}

// observe counts a request; route is its pattern, "" when there is none.
func observe(requests *prometheus.HistogramVec, method, route string, status int, took time.Duration) {
	if route == "" || status == http.StatusNotFound && route == "/*" {
		route = "none" // a stranger chose it
	}
	if method != http.MethodGet && method != http.MethodPost {
		method = "other"
	}
	requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// method is a request's, if it is one of HTTP's own: a stranger may send any word.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodConnect,
		http.MethodOptions, http.MethodTrace:
		return r.Method
	}
	return "other"
}

// failure answers what no handler has answered. Internal text never leaves; it is in the log under the request's id.
func failure(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		status, title := http.StatusInternalServerError, "Something failed here; the request id finds it in the log"
		if he, ok := errors.AsType[*echo.HTTPError](err); ok {
			status, title = he.Code, http.StatusText(he.Code)
		}
		if status >= 500 {
			log.ErrorContext(c.Request().Context(), "request failed", "id", c.Response().Header().Get(echo.HeaderXRequestID), "route", c.Path(), "error", err)
		}
		if perr := problem.Answer(c, status, title); perr != nil {
			log.WarnContext(c.Request().Context(), "answer not written", "error", perr)
		}
	}
}

// OpenAPI describes what machines call. Tests hold requests and answers against it.
//
//go:embed openapi.yaml
var OpenAPI []byte

func describe(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", OpenAPI)
}

// sender returns whom the body of a request is counted against, the zero Prefix for this machine, as in the rate limit.
func sender(c echo.Context) netip.Prefix {
	ip, err := netip.ParseAddr(c.RealIP())
	if err != nil || ip.Unmap().IsLoopback() {
		return netip.Prefix{}
	}
	return ratelimit.Network(ip)
}

// before returns what stands before a route. What begins or ends a login is counted: it needs no key, and each one that begins is
// stored.
func before(r route.Route, limit *ratelimit.Anonymous) (all []echo.MiddlewareFunc) {
	if r.Class != route.Webhook { // nobody waits for what follows from those
		all = append(all, first)
	}
	if !r.Limited {
		return all
	}
	return append(all, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if retry, ok := limit.Allow(c.RealIP()); !ok {
				return limit.Refuse(c, retry)
			}
			return next(c)
		}
	})
}

// first lets a request go before work that nobody waits for.
func first(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		turn.Request()
		return next(c)
	}
}
