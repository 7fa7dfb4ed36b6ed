package store

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// spans records the commands that belong to a trace; what runs by itself, as the workers' polls, starts none. It records names
// alone: keys hold ids, arguments what is stored, errors either.
type spans struct{}

func (h spans) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h spans) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if !trace.SpanContextFromContext(ctx).IsSampled() {
			return next(ctx, cmd)
		}
		return h.span(ctx, cmd.Name(), 1, func(ctx context.Context) error { return next(ctx, cmd) })
	}
}

func (h spans) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if !trace.SpanContextFromContext(ctx).IsSampled() {
			return next(ctx, cmds)
		}
		return h.span(ctx, "pipeline", len(cmds), func(ctx context.Context) error { return next(ctx, cmds) })
	}
}

func (h spans) span(ctx context.Context, name string, size int, do func(context.Context) error) error {
	ctx, span := otel.Tracer("github.com/sidecard/sidecard/internal/store").Start(ctx, "redis "+name, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "redis"), attribute.String("db.operation.name", name)))
	defer span.End()
	if size != 1 {
		span.SetAttributes(attribute.Int("db.operation.batch.size", size))
	}
	err := do(ctx)
	var said redis.Error
	if err != nil && !errors.As(err, &said) { // an answer that says no (nothing there, a script not loaded yet) is an answer
		span.SetStatus(codes.Error, "")
	}
	return err
}
