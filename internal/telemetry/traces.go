package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"synctv/internal/problem"
)

// scope is what spans say made them.
const scope = "synctv"

// Bounds of what waits to be sent: a collector that is away costs this much
// memory and nothing else; what does not fit is dropped.
const (
	spansWaiting = 2048
	spansAtOnce  = 512
	sendEvery    = time.Second
)

// Traces tells a collector what was done for a request, step by step, on every
// replica that took part. A nil one is off: it costs a comparison.
type Traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// TraceOptions of NewTraces.
type TraceOptions struct {
	Endpoint string // http://host:4318, without a path /v1/traces is meant; empty: off
	Percent  int    // of the traces that begin here
	Version  string
	Replica  string // this process, as distinct from others
	Log      *slog.Logger
}

// NewTraces begins to send; Close must follow.
func NewTraces(o TraceOptions) *Traces {
	if o.Endpoint == "" {
		return nil
	}
	provider := sdk.NewTracerProvider(
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", scope), attribute.String("service.version", o.Version), attribute.String("service.instance.id", o.Replica),
		)),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(float64(o.Percent)/100))),
		sdk.WithBatcher(otlptrace.NewUnstarted(newCollector(o.Endpoint, o.Log)),
			sdk.WithMaxQueueSize(spansWaiting), sdk.WithMaxExportBatchSize(spansAtOnce), sdk.WithBatchTimeout(sendEvery)),
	)
	return &Traces{provider: provider, tracer: provider.Tracer(scope)}
}

// Close sends what waits, until ctx ends.
func (t *Traces) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// On tells whether anything is recorded.
func (t *Traces) On() bool { return t != nil }

// Begin starts the first step in this process. from is what Carry gave
// elsewhere, nil where the trace begins.
func (t *Traces) Begin(ctx context.Context, name string, from map[string]string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	if from != nil {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier(from))
	}
	ctx, s := t.tracer.Start(ctx, name)
	if s.IsRecording() {
		Note(ctx, "trace_id", s.SpanContext().TraceID().String())
	}
	return ctx, Span{s}
}

// Start begins a step inside the one that ctx carries; where there is none it
// does nothing and costs nothing.
func Start(ctx context.Context, name string) (context.Context, Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, Span{}
	}
	ctx, s := parent.TracerProvider().Tracer(scope).Start(ctx, name)
	return ctx, Span{s}
}

// Carry is what another process needs to go on with the trace (W3C trace
// context); nil when nothing is recorded.
func Carry(ctx context.Context) map[string]string {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return nil
	}
	m := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, m)
	return m
}

// Carried is what a request brought of a trace, for Begin. Ask only whom you
// trust: it decides what is recorded.
func Carried(h http.Header) map[string]string {
	m := map[string]string{}
	for _, k := range (propagation.TraceContext{}).Fields() {
		if v := h.Get(k); v != "" {
			m[k] = v
		}
	}
	return m
}

// Span is one step. The zero value is none.
type Span struct{ s trace.Span }

// Recorded tells whether what is set on it goes anywhere.
func (s Span) Recorded() bool { return s.s != nil && s.s.IsRecording() }

// Set notes a fact. Never a token, a key or what people wrote.
func (s Span) Set(key, value string) {
	if s.Recorded() {
		s.s.SetAttributes(attribute.String(key, value))
	}
}

// SetInt notes a number.
func (s Span) SetInt(key string, value int) {
	if s.Recorded() {
		s.s.SetAttributes(attribute.Int(key, value))
	}
}

// End closes the step with what came of it. Only the kind of an error is told:
// its words may hold what people wrote.
func (s Span) End(err error) {
	if s.s == nil {
		return
	}
	if err != nil {
		kind := problem.KindOf(err)
		s.Set("error.type", string(kind))
		switch kind {
		case problem.Internal, problem.Unavailable:
			s.s.SetStatus(codes.Error, string(kind))
		case problem.Invalid, problem.Unauthenticated, problem.Forbidden, problem.NotFound, problem.Conflict, problem.TooLarge, problem.RateLimited:
		}
	}
	s.s.End()
}
