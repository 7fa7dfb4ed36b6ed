// Package ui is the page kit of all blocks: a request for a page of an opened card, its time, its form tokens, what is
// rendered of a view model, the skeleton of a page that is on its way, the page of a problem, assets and security headers.
//
// It refuses to know what a page is about: blocks bring their templates, texts and the errors that their people may meet.
//
// Invariants: no page takes longer than its budget; every page forbids inline script and foreign frames; where a tenant hides
// phones, or is not known, every string of a view model is masked before a template sees it, and only what is declared as
// Plain goes through as it is.
package ui

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/i18n"
)

// Options are what a kit is made of. All are needed except Log, Now and the times.
type Options struct {
	Pages          *Pages
	Sessions       *session.Sessions
	Path           string    // of all pages: "/blocks/amocrm"; the session's id follows
	PublicURL      string    // "https://sidecard.example.com", no trailing slash
	FrameAncestors []string  // origins of helpdesks that may frame the pages
	Sections       []Link    // that blocks contribute to the panel, as tabs beside the client's; none: no tabs
	Problems       []Problem // that people may meet, the first match wins
	Log            *slog.Logger
	Now            func() time.Time // nil is time.Now
	// FirstPaint and Budget bound how long a page waits for its data before it shows a skeleton, and before it shows
	// what is up; zero means 400 ms and 3 s.
	FirstPaint, Budget time.Duration
}

// Kit serves the pages of an opened card, whatever blocks they come from. Close waits for reads that outlive their request.
type Kit struct {
	Options
	Catalog  *i18n.Catalog
	reads    sync.WaitGroup
	handled  []handled
	prefetch chan struct{} // bounds reads started ahead of their request
	ctx      context.Context
	cancel   context.CancelFunc
}

// New returns a kit.
func New(o Options) *Kit {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.FirstPaint, o.Budget = cmp.Or(o.FirstPaint, 400*time.Millisecond), cmp.Or(o.Budget, 3*time.Second)
	o.Log = cmp.Or(o.Log, slog.Default())
	ctx, cancel := context.WithCancel(context.Background())
	return &Kit{Options: o, Catalog: o.Pages.catalog, prefetch: make(chan struct{}, 64), ctx: ctx, cancel: cancel}
}

// Close stops background reads and waits for them.
func (k *Kit) Close() {
	k.cancel()
	k.reads.Wait()
}

// Wait waits for background reads.
func (k *Kit) Wait() { k.reads.Wait() }

// Handle answers an error with a page of its own. It is called before the kit serves.
func (k *Kit) Handle(err error, show func(*PageRequest) error) {
	k.handled = append(k.handled, handled{err, show})
}

// handled is an error with a page of its own.
type handled struct {
	is   error
	show func(*PageRequest) error
}

// Background returns a context that outlives the request of from, with its trace, and ends with the kit.
func (k *Kit) Background(from context.Context, life time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(trace.ContextWithSpan(k.ctx, trace.SpanFromContext(from)), life)
}

// Prefetch starts a read before a page asks for it, on behalf of the request of from. When too many are under way it is
// left out: the page will ask.
func (k *Kit) Prefetch(from context.Context, read func(ctx context.Context)) {
	select {
	case k.prefetch <- struct{}{}:
	default:
		return
	}
	k.reads.Go(func() {
		defer func() { <-k.prefetch }()
		ctx, cancel := k.Background(from, 15*time.Second)
		defer cancel()
		read(ctx)
	})
}

// Go runs a read that may outlive its request; Close waits for it.
func (k *Kit) Go(read func()) { k.reads.Go(read) }

// WithSession opens the session of the path, and bounds the time of the whole page.
func (k *Kit) WithSession(next func(*PageRequest) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		Secure(c.Response().Header(), Policy{FrameAncestors: k.FrameAncestors})
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, session.MaxBody)
		ctx, cancel := context.WithTimeout(c.Request().Context(), k.Budget-Margin)
		defer cancel()
		r := &PageRequest{Context: c, Kit: k, Ctx: ctx}
		r.Session.Lang = i18n.AcceptedLang(c.Request().Header.Get("Accept-Language"))
		opened, err := k.Sessions.Get(ctx, c.Param("session"))
		if errors.Is(err, session.ErrExpired) {
			return expired(r)
		}
		if err != nil {
			return r.Fail(err, "")
		}
		r.Session = opened
		return next(r)
	}
}

// WithAccount opens the session of the path, and the account behind it.
func WithAccount[A any](k *Kit, open func(*PageRequest) (A, error), next func(*PageRequest, A) error) echo.HandlerFunc {
	return k.WithSession(func(r *PageRequest) error {
		account, err := open(r)
		if err != nil {
			return r.Fail(err, r.Base())
		}
		return next(r, account)
	})
}

// WithoutSession prepares a page of its own window, which no other page may frame.
func (k *Kit) WithoutSession(c echo.Context) *PageRequest {
	Secure(c.Response().Header(), Policy{})
	r := &PageRequest{Context: c, Kit: k, Ctx: c.Request().Context()}
	r.Session.Lang = i18n.AcceptedLang(c.Request().Header.Get("Accept-Language"))
	return r
}

// LogProblem notes why a person was shown a problem: an error that is none of the kit's problems should not happen.
func (k *Kit) LogProblem(ctx context.Context, err error, tenantID string) {
	if _, known := k.problemOf(err); known {
		k.LogKnown(ctx, err, tenantID)
		return
	}
	k.LogError(ctx, err, tenantID)
}

// LogKnown notes a problem that is part of the day.
func (k *Kit) LogKnown(ctx context.Context, err error, tenantID string) {
	k.Log.InfoContext(ctx, "block problem", "error", err, "tenant", tenantID)
}

// LogError notes what should not happen.
func (k *Kit) LogError(ctx context.Context, err error, tenantID string) {
	k.Log.ErrorContext(ctx, "block failed", "error", err, "tenant", tenantID)
}
