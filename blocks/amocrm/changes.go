package amocrm

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/oauth"
)

// Changes tells what changes in a tenant's amoCRM account; *hooks.Hub does. hear must not block.
type Changes interface {
	Listen(ctx context.Context, tenantID string, hear func(crm.Change)) (stop func(), err error)
	Since(ctx context.Context, tenantID string, since time.Time) ([]crm.Change, error)
}

const (
	streamsEach = 3    // of one session
	streamsMost = 2000 // of this replica
	watchedMost = 300  // deals and contacts of one panel
	catchUpMost = 10 * time.Minute
	// opensAtOnce is how many streams begin at once: each takes tens of KiB until it runs, and all panels of a replica that was
	// restarted come back in the same moment.
	opensAtOnce = 16
)

// live are the open streams of this replica.
type live struct {
	running sync.WaitGroup
	opening chan struct{}

	mu      sync.Mutex
	over    bool           // streams end
	all     int            // reserved
	each    map[string]int // by session
	streams map[*stream]struct{}
}

func newLive() *live {
	return &live{opening: make(chan struct{}, opensAtOnce), each: map[string]int{}, streams: map[*stream]struct{}{}}
}

// enter reserves a stream; leave must be called when ok.
func (l *live) enter(session string) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= streamsMost || l.each[session] >= streamsEach {
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
func (l *live) start(s *stream, leave func()) {
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

// end ends all streams, also those that are still to begin.
func (l *live) end() {
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

// hit says whether a change concerns the panel of the session with this name, and was not made in it.
func (w watched) hit(c crm.Change, writer string) bool {
	if c.By == writer {
		return false
	}
	return slices.ContainsFunc(c.Deals, func(id int64) bool { return slices.Contains(w.deals, id) }) ||
		slices.ContainsFunc(c.Contacts, func(id int64) bool { return slices.Contains(w.contacts, id) })
}

// ids reads "12,13"; what is no id is left out.
func ids(list string) []int64 {
	var out []int64
	for part := range strings.SplitSeq(list, ",") {
		if id := ui.Number(part); id != 0 && len(out) < watchedMost {
			out = append(out, id)
		}
	}
	return out
}

// changesRoutes is apart from the pages: it has no budget of three seconds.
func (h *Handlers) changesRoutes(g route.Group) { g.GET("/changes", h.changes) }

// changes is a stream of hints that something shown has changed in amoCRM (server-sent events):
// GET …/changes?deals=12,13&contacts=7&since=1763730000000. It ends by itself after 35 seconds, and with 204 when there is
// nothing to wait for: then the browser stops asking. since, or the id of the last event, are Unix milliseconds of ours.
func (h *Handlers) changes(c echo.Context) error {
	ui.Secure(c.Response().Header(), ui.Policy{FrameAncestors: h.FrameAncestors})
	ctx := c.Request().Context()
	select {
	case h.live.opening <- struct{}{}:
		defer func() { <-h.live.opening }()
	case <-ctx.Done():
		return nil // the browser has gone
	}
	opened, err := h.Sessions.Get(ctx, c.Param("session"))
	if err != nil && !errors.Is(err, session.ErrExpired) {
		h.LogError(ctx, err, "")
	}
	var status oauth.Status
	if err == nil {
		status, err = h.Grants.Status(ctx, opened.TenantID)
	}
	show := watched{ids(c.QueryParam("deals")), ids(c.QueryParam("contacts"))}
	// A company that anybody can make up has nothing to hear of, and takes no place from others.
	if err != nil || status.State == "none" || h.Changes == nil || show.empty() {
		return c.NoContent(http.StatusNoContent)
	}
	leave, ok := h.live.enter(opened.ID)
	if !ok {
		return c.NoContent(http.StatusNoContent)
	}
	s := h.newStream(opened, show)
	deaf, err := h.Changes.Listen(ctx, opened.TenantID, s.hear)
	if err != nil {
		leave()
		h.LogError(ctx, err, opened.TenantID)
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
	if h.missed(c, opened.TenantID, s) {
		s.settleIn(0)
	}
	h.live.start(s, end)
	return nil
}

// missed reports whether something that the panel shows has changed since its last stream.
func (h *Handlers) missed(c echo.Context, tenantID string, s *stream) bool {
	since := c.Request().Header.Get("Last-Event-ID")
	if since == "" {
		since = c.QueryParam("since")
	}
	at := time.UnixMilli(ui.Number(since))
	if now := time.Now(); since == "" || at.After(now) || now.Sub(at) > catchUpMost {
		return false
	}
	ctx := c.Request().Context()
	missed, err := h.Changes.Since(ctx, tenantID, at)
	if err != nil {
		h.LogError(ctx, err, tenantID)
		return false // the panel lives without
	}
	return slices.ContainsFunc(missed, func(c crm.Change) bool { return s.show.hit(c, s.writer) })
}

// writerName is how a session's own writes are known again in what amoCRM tells of them. The id opens the panel, so only a
// part of its key's hash leaves the block.
func writerName(id string) string { return session.SessionPrint(id) }

// EndStreams ends all streams: a server that stops does not wait for them.
func (h *Handlers) EndStreams() { h.live.end() }
