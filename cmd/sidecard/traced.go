package main

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/telemetry/traces"
)

// flushWithin is what a stop gives to the last spans.
const flushWithin = time.Second

// tracing are the places where the parts of a service let themselves be traced. Without traces all are nil.
type tracing struct {
	requests echo.MiddlewareFunc
	carry    func(to, from context.Context) context.Context
	step     func(ctx context.Context, step string, since time.Time, entries int, from ...string) (context.Context, func())
	mark     func(ctx context.Context) string
	notice   func(ctx context.Context, way notify.Kind) (context.Context, func(ok bool))
	crm      func(context.Context, amocrm.Seen)
	login    func(context.Context, amocrm.Seen)
	desk     func(context.Context, usedesk.Seen)
}

func traceHooks(tr *traces.Traces) tracing {
	if tr == nil {
		return tracing{}
	}
	crm := func(ctx context.Context, s amocrm.Seen) { tr.Call(ctx, "amocrm", s.Op, s.Status, s.Took) }
	return tracing{
		requests: tr.Requests, carry: tr.Carry, step: tr.Step, mark: tr.Mark, crm: crm, login: crm,
		desk: func(ctx context.Context, s usedesk.Seen) { tr.Call(ctx, "usedesk", "POST /"+s.Op, s.Status, s.Took) },
		notice: func(ctx context.Context, way notify.Kind) (context.Context, func(bool)) {
			return tr.Notice(ctx, string(way))
		},
	}
}

// flush sends what is left; tr may be nil.
func flush(tr *traces.Traces) {
	if tr == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	tr.Stop(ctx)
}
