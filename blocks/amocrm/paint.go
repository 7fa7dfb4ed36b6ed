package amocrm

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// loaded is a page whose data has come: the template and its view model.
type loaded struct {
	name string
	data any
}

// grace is kept of the budget for rendering, and so that a read that gives up can still hand out older data.
const grace = 150 * time.Millisecond

// paint shows what load brings. A full page waits for it only until the first paint and then shows a skeleton that
// fetches the rest; a fragment, or a page asked for with ?wait, waits out the budget and then says what is up. load goes
// on after the first paint so that its work is not wasted.
func (v *visit) paint(skeleton string, load func(ctx context.Context) (loaded, error)) error {
	patience := v.h.Budget
	first := !isHTMX(v.Context) && v.QueryParam("wait") == ""
	if first {
		patience = v.h.FirstPaint
	}
	type result struct {
		page loaded
		err  error
	}
	done := make(chan result, 1)
	v.h.reads.Add(1)
	ctx, cancel := v.owned(v.h.Budget - grace)
	go func() {
		defer v.h.reads.Done()
		defer cancel()
		page, err := load(ctx)
		done <- result{page, err}
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-done:
		if r.err != nil {
			return v.fail(r.err, v.Request().URL.Path)
		}
		return v.show(http.StatusOK, r.page.name, r.page.data)
	case <-timer.C:
	}
	if !first {
		return v.fail(context.DeadlineExceeded, v.Request().URL.Path)
	}
	return v.skeleton(skeleton)
}

// owned is a context that outlives the request of from, with its trace, and ends with the handlers.
func (h *Handlers) owned(from context.Context, life time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(trace.ContextWithSpan(h.ctx, trace.SpanFromContext(from)), life)
}

// owned is a context that outlives the visit's request.
func (v *visit) owned(life time.Duration) (context.Context, context.CancelFunc) {
	return v.h.owned(v.Request().Context(), life)
}

// ahead starts a read before anybody asks for it, on behalf of the request of from. When too many are under way it is left out: the panel will ask.
func (h *Handlers) ahead(from context.Context, read func(ctx context.Context)) {
	select {
	case h.warm <- struct{}{}:
	default:
		return
	}
	h.reads.Add(1)
	go func() {
		defer h.reads.Done()
		defer func() { <-h.warm }()
		ctx, cancel := h.owned(from, 15*time.Second)
		defer cancel()
		read(ctx)
	}()
}
