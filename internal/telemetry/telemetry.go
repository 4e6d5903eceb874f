// Package telemetry is how the program tells what it does: logs that carry the
// request, room and person they are about. It knows no other package of ours;
// whoever logs gets a *slog.Logger handed in and a context that carries facts.
package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
)

// Options of the log.
type Options struct {
	Format string // "text" or "json"
	Level  slog.Leveler
}

// NewLogger writes to w. Facts noted on a line's context come with the line.
func NewLogger(w io.Writer, o Options) (*slog.Logger, error) {
	opts := &slog.HandlerOptions{Level: o.Level}
	switch o.Format {
	case "text":
		return slog.New(withFacts{slog.NewTextHandler(w, opts)}), nil
	case "json":
		return slog.New(withFacts{slog.NewJSONHandler(w, opts)}), nil
	}
	return nil, errors.New("log format: want text or json")
}

// facts is what is known about a request so far. It is filled while the
// request is worked on, so that the line written at its end has all of it.
type facts struct {
	mu    sync.Mutex
	attrs []slog.Attr // guarded by mu
}

type factsKey struct{}

// Begin starts a set of facts for one request, socket or job.
func Begin(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, factsKey{}, &facts{attrs: attrs})
}

// Note adds a fact to the set that Begin started; the newest of one key holds.
// Without a set it does nothing.
func Note(ctx context.Context, key, value string) {
	f, ok := ctx.Value(factsKey{}).(*facts)
	if !ok {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.attrs {
		if f.attrs[i].Key == key {
			f.attrs[i] = slog.String(key, value)
			return
		}
	}
	f.attrs = append(f.attrs, slog.String(key, value))
}

// withFacts adds the context's facts to every line.
type withFacts struct{ slog.Handler }

func (h withFacts) Handle(ctx context.Context, r slog.Record) error {
	if f, ok := ctx.Value(factsKey{}).(*facts); ok {
		f.mu.Lock()
		r.AddAttrs(f.attrs...)
		f.mu.Unlock()
	}
	return h.Handler.Handle(ctx, r)
}

func (h withFacts) WithAttrs(a []slog.Attr) slog.Handler { return withFacts{h.Handler.WithAttrs(a)} }
func (h withFacts) WithGroup(n string) slog.Handler      { return withFacts{h.Handler.WithGroup(n)} }

type requestIDKey struct{}

// WithRequestID puts a request's id into the context and into its facts.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(Begin(ctx, slog.String("request_id", id)), requestIDKey{}, id)
}

// RequestID of the context, or empty.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
