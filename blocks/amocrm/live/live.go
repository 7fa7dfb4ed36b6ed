// Package live reports to open panels that something they show has changed in amoCRM: a stream of hints per panel.
//
// It owns the streams of this replica, and their bounds. It refuses to know what a panel shows: the page names the deals and
// contacts, and asks for itself anew.
//
// Invariants: a company that never logged in takes no place from others; a panel gets no hint of its own writes; a stream ends
// by itself, and its reader catches up with what it has missed.
package live

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/amocrm/signin"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/oauth"
)

// Changes reports what changes in a tenant's amoCRM account; *hooks.Hub does. hear must not block.
type Changes interface {
	Listen(ctx context.Context, tenantID string, hear func(crm.Change)) (stop func(), err error)
	Since(ctx context.Context, tenantID string, since time.Time) ([]crm.Change, error)
}

const (
	maxStreamsEach = 3    // of one session
	maxStreams     = 2000 // of this replica
	maxWatched     = 300  // deals and contacts of one panel
	maxCatchUp     = 10 * time.Minute
	// maxOpening is how many streams begin at once: each takes tens of KiB until it runs, and all panels of a replica that was
	// restarted come back in the same moment.
	maxOpening = 16
)

// Streams are the open streams of this replica. Without Changes panels stay as they are until asked.
type Streams struct {
	*ui.Kit
	Changes Changes
	grants  signin.Grants
	running sync.WaitGroup
	opening chan struct{}

	mu      sync.Mutex
	over    bool           // streams end
	all     int            // reserved
	each    map[string]int // by session
	streams map[*stream]struct{}
}

// New returns the streams, none of them open.
func New(kit *ui.Kit, grants signin.Grants, changes Changes) *Streams {
	return &Streams{
		Kit: kit, grants: grants, Changes: changes,
		opening: make(chan struct{}, maxOpening), each: map[string]int{}, streams: map[*stream]struct{}{},
	}
}

// enter reserves a stream; leave must be called when ok.
func (l *Streams) enter(session string) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= maxStreams || l.each[session] >= maxStreamsEach {
		return nil, false
	}
	l.all++
	l.each[session]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all--
		if l.each[session]--; l.each[session] == 0 {
			delete(l.each, session)
		}
	}, true
}

// start runs a stream, which calls leave at its end.
func (l *Streams) start(s *stream, leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streams[s] = struct{}{}
	if l.over {
		s.stop()
	}
	l.running.Go(func() {
		s.run()
		leave()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.streams, s)
	})
}

// End ends all streams, also those that are still to begin: a server that stops does not wait for them.
func (l *Streams) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for s := range l.streams {
		s.stop()
	}
}

// watched is what a panel shows.
type watched struct{ deals, contacts []int64 }

func (w watched) empty() bool { return len(w.deals) == 0 && len(w.contacts) == 0 }

// hit reports whether a change concerns the panel of the session with this name, and was not made in it.
func (w watched) hit(c crm.Change, writer string) bool {
	if c.By == writer {
		return false
	}
	return slices.ContainsFunc(c.Deals, func(id int64) bool { return slices.Contains(w.deals, id) }) ||
		slices.ContainsFunc(c.Contacts, func(id int64) bool { return slices.Contains(w.contacts, id) })
}

// Mount names the address of the streams. It is apart from the pages: it has no budget of three seconds.
func (l *Streams) Mount(r *route.Router) { r.Panel().GET("/changes", l.serve) }

// Wait waits for all streams to end.
func (l *Streams) Wait() { l.running.Wait() }

// serve streams hints that something shown has changed in amoCRM (server-sent events):
// GET …/changes?deals=12,13&contacts=7&since=1763730000000. It ends by itself after 35 seconds, and with 204 when there is
// nothing to wait for: then the browser stops asking. since, or the id of the last event, are Unix milliseconds of ours.
func (l *Streams) serve(c echo.Context) error {
	ui.Secure(c.Response().Header(), ui.Policy{FrameAncestors: l.FrameAncestors})
	ctx := c.Request().Context()
	select {
	case l.opening <- struct{}{}:
		defer func() { <-l.opening }()
	case <-ctx.Done():
		return nil // the browser has gone
	}
	opened, err := l.Sessions.Get(ctx, c.Param("session"))
	if err != nil && !errors.Is(err, session.ErrExpired) {
		l.LogError(ctx, err, "")
	}
	var status oauth.Status
	if err == nil {
		status, err = l.grants.Status(ctx, opened.TenantID)
	}
	show := watched{ui.Numbers(c.QueryParam("deals"), maxWatched), ui.Numbers(c.QueryParam("contacts"), maxWatched)}
	// A company that anybody can make up has no changes, and takes no place from others.
	if err != nil || status.State == "none" || l.Changes == nil || show.empty() {
		return c.NoContent(http.StatusNoContent)
	}
	leave, ok := l.enter(opened.ID)
	if !ok {
		return c.NoContent(http.StatusNoContent)
	}
	s := l.newStream(opened, show)
	deaf, err := l.Changes.Listen(ctx, opened.TenantID, s.hear)
	if err != nil {
		leave()
		l.LogError(ctx, err, opened.TenantID)
		return c.NoContent(http.StatusNoContent)
	}
	end := func() {
		deaf()
		leave()
	}
	if err := s.begin(c.Response()); err != nil {
		end()
		return nil //nolint:nilerr // the browser has gone
	}
	if l.missed(c, opened.TenantID, s) {
		s.settleIn(0)
	}
	l.start(s, end)
	return nil
}

// missed reports whether something that the panel shows has changed since its last stream.
func (l *Streams) missed(c echo.Context, tenantID string, s *stream) bool {
	since := cmp.Or(c.Request().Header.Get("Last-Event-ID"), c.QueryParam("since"))
	at := time.UnixMilli(ui.Number(since))
	if now := time.Now(); since == "" || at.After(now) || now.Sub(at) > maxCatchUp {
		return false
	}
	ctx := c.Request().Context()
	missed, err := l.Changes.Since(ctx, tenantID, at)
	if err != nil {
		l.LogError(ctx, err, tenantID)
		return false // the panel lives without
	}
	return slices.ContainsFunc(missed, func(c crm.Change) bool { return s.show.hit(c, s.writer) })
}
