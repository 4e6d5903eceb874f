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

// NewLogger writes to w, as "text" or "json", from the levels on that hold at
// the time. Facts noted on a line's context come with the line.
func NewLogger(w io.Writer, format string, levels *Levels) (*slog.Logger, error) {
	opts := &slog.HandlerOptions{Level: LevelTrace, ReplaceAttr: tidy}
	switch format {
	case "text":
		return slog.New(handler{Handler: slog.NewTextHandler(w, opts), levels: levels}), nil
	case "json":
		return slog.New(handler{Handler: slog.NewJSONHandler(w, opts), levels: levels}), nil
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

// ValidRequestID tells whether an id that somebody else made may stand in our
// logs: 8 to 128 letters, digits and "-._".
func ValidRequestID(id string) bool {
	if len(id) < 8 || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}
