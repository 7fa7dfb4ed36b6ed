package amocrm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/bridge"
	"github.com/sidecard/sidecard/oauth"
)

// Changes tells what changes in a tenant's amoCRM account; *hooks.Hub does.
type Changes interface {
	Listen(ctx context.Context, tenantID string) (changes <-chan bridge.Change, stop func(), err error)
	Since(ctx context.Context, tenantID string, since time.Time) ([]bridge.Change, error)
}

const (
	streamLife   = 35 * time.Second // the server's write timeout is 45
	streamBeat   = 15 * time.Second // a line now and then shows dead connections
	streamsEach  = 3                // of one session
	streamsMost  = 2000             // of this replica
	streamSettle = 250 * time.Millisecond
	streamRetry  = 1500 // milliseconds until the browser connects again
	watchedMost  = 300  // deals and contacts of one panel
	catchUpMost  = 10 * time.Minute
)

// live counts the open streams and can end them all.
type live struct {
	over  chan struct{} // closed: streams end
	end   func()
	count *streamCount
}

func newLive() live {
	over := make(chan struct{})
	return live{over: over, end: sync.OnceFunc(func() { close(over) }), count: &streamCount{each: map[string]int{}}}
}

type streamCount struct {
	mu   sync.Mutex
	all  int
	each map[string]int // by session
}

// enter reserves a stream; leave must be called when ok.
func (s *streamCount) enter(session string) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= streamsMost || s.each[session] >= streamsEach {
		return nil, false
	}
	s.all++
	s.each[session]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.each[session]--; s.each[session] == 0 {
			delete(s.each, session)
		}
	}, true
}

// watched is what a panel shows.
type watched struct{ deals, contacts []int64 }

func (w watched) empty() bool { return len(w.deals) == 0 && len(w.contacts) == 0 }

// hit says whether a change concerns the panel of session, and was not made in it.
func (w watched) hit(c bridge.Change, session string) bool {
	if c.By == writerName(session) {
		return false
	}
	return slices.ContainsFunc(c.Deals, func(id int64) bool { return slices.Contains(w.deals, id) }) ||
		slices.ContainsFunc(c.Contacts, func(id int64) bool { return slices.Contains(w.contacts, id) })
}

// ids reads "12,13"; what is no id is left out.
func ids(list string) []int64 {
	var out []int64
	for part := range strings.SplitSeq(list, ",") {
		if id := number(part); id != 0 && len(out) < watchedMost {
			out = append(out, id)
		}
	}
	return out
}

// changesRoutes is apart from the pages: it has no budget of three seconds.
func (h *Handlers) changesRoutes(g *echo.Group) { g.GET("/changes", h.changes) }

// sign puts the session's name under the writes of a visit.
func (v *visit) sign() {
	name := writerName(v.session.ID)
	v.ctx = bridge.WrittenBy(v.ctx, name)
	v.SetRequest(v.Request().WithContext(bridge.WrittenBy(v.Request().Context(), name)))
}

// changes is a stream of hints that something shown has changed in amoCRM (server-sent events):
// GET …/changes?deals=12,13&contacts=7&since=1763730000000. It ends by itself after 35 seconds, and with 204 when there is
// nothing to wait for: then the browser stops asking. since, or the id of the last event, are Unix milliseconds of ours.
func (h *Handlers) changes(c echo.Context) error {
	blocks.Secure(c.Response().Header(), blocks.Policy{FrameAncestors: h.FrameAncestors})
	ctx := c.Request().Context()
	session, err := h.Sessions.Get(ctx, c.Param("session"))
	if err != nil && !errors.Is(err, blocks.ErrExpired) {
		h.note(ctx, err, false, "")
	}
	var status oauth.Status
	if err == nil {
		status, err = h.Grants.Status(ctx, session.TenantID)
	}
	show := watched{ids(c.QueryParam("deals")), ids(c.QueryParam("contacts"))}
	// A company that anybody can make up has nothing to hear of, and takes no place from others.
	if err != nil || status.State == "none" || h.Changes == nil || show.empty() {
		return c.NoContent(http.StatusNoContent)
	}
	leave, ok := h.live.count.enter(session.ID)
	if !ok {
		return c.NoContent(http.StatusNoContent)
	}
	defer leave()
	news, stop, err := h.Changes.Listen(ctx, session.TenantID)
	if err != nil {
		h.note(ctx, err, false, session.TenantID)
		return c.NoContent(http.StatusNoContent)
	}
	defer stop()
	s := stream{c: c, h: h, session: session, show: show}
	if err := s.begin(ctx); err != nil {
		return nil //nolint:nilerr // the browser has gone
	}
	s.run(ctx, news)
	return nil
}

// stream is one open stream.
type stream struct {
	c       echo.Context
	h       *Handlers
	session blocks.Session
	show    watched
}

// begin sends the head and what was missed since the last stream.
func (s stream) begin(ctx context.Context) error {
	since := s.c.Request().Header.Get("Last-Event-ID")
	if since == "" {
		since = s.c.QueryParam("since")
	}
	header := s.c.Response().Header()
	header.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
	header.Set("X-Accel-Buffering", "no") // nginx would hold the lines back
	s.c.Response().WriteHeader(http.StatusOK)
	if err := s.send(fmt.Sprintf("retry: %d\n", streamRetry) + s.stamp("hello", []byte("{}"))); err != nil {
		return err
	}
	at := time.UnixMilli(number(since))
	if now := time.Now(); since == "" || at.After(now) || now.Sub(at) > catchUpMost {
		return nil
	}
	missed, err := s.h.Changes.Since(ctx, s.session.TenantID, at)
	if err != nil {
		s.h.note(ctx, err, false, s.session.TenantID)
		return nil // the panel lives without
	}
	if slices.ContainsFunc(missed, func(c bridge.Change) bool { return s.show.hit(c, s.session.ID) }) {
		return s.changed()
	}
	return nil
}

// run sends a hint for each burst of changes until the stream's time is over, or nobody listens any more.
func (s stream) run(ctx context.Context, news <-chan bridge.Change) {
	end := time.NewTimer(streamLife)
	defer end.Stop()
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	var settle <-chan time.Time // a change comes seldom alone
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-s.h.live.over:
			return
		case <-end.C:
			return
		case <-beat.C:
			err = s.send(": still here\n\n")
		case c := <-news:
			if settle == nil && s.show.hit(c, s.session.ID) {
				settle = time.After(streamSettle)
			}
		case <-settle:
			settle = nil
			err = s.changed()
		}
		if err != nil {
			return
		}
	}
}

// changed sends the hint, with the words for an agent who is typing.
func (s stream) changed() error {
	t := func(key string) string { return s.h.Catalog.T(s.session.Lang, key) }
	words, err := json.Marshal(map[string]string{"text": t("live.changed"), "show": t("live.show")})
	if err != nil {
		return err
	}
	return s.send(s.stamp("changed", words))
}

// stamp is an event whose id says until when the browser knows everything.
func (s stream) stamp(event string, data []byte) string {
	return "id: " + strconv.FormatInt(time.Now().UnixMilli(), 10) + "\nevent: " + event + "\ndata: " + string(data) + "\n\n"
}

func (s stream) send(lines string) error {
	if _, err := s.c.Response().Write([]byte(lines)); err != nil {
		return err
	}
	return http.NewResponseController(s.c.Response()).Flush()
}

// writerName is how a session's own writes are known again in what amoCRM tells of them. The id opens the panel, so only a
// part of its key's hash leaves the block.
func writerName(session string) string { return blocks.SessionPrint(session) }

// EndStreams ends all streams: a server that stops waits for its requests.
func (h *Handlers) EndStreams() { h.live.end() }
