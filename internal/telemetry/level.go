package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"synctv/internal/spelling"
)

// LevelTrace is for what happens per packet.
const LevelTrace slog.Level = -8

// Parts are the parts of the program that have a level of their own.
func Parts() []string {
	return []string{"account", "api", "cluster", "guard", "hls", "jobs", "live", "realtime", "rtmp", "store"}
}

// Levels says from which level on each part of the program is heard. It may be
// changed while everybody logs.
type Levels struct{ now atomic.Pointer[levels] }

type levels struct {
	rest  slog.Level
	parts map[string]slog.Level // never changed once stored
}

// NewLevels reads "info" or "info,live=debug,realtime=trace".
func NewLevels(text string) (*Levels, error) {
	l := &Levels{}
	return l, l.Set(text)
}

// Set replaces all levels at once; on an error nothing has changed.
func (l *Levels) Set(text string) error {
	next := levels{parts: map[string]slog.Level{}}
	for i, one := range strings.Split(text, ",") {
		part, word, named := strings.Cut(strings.TrimSpace(one), "=")
		if !named {
			part, word = "", part
		}
		v, err := level(word)
		switch {
		case err != nil:
			return err
		case named && !slices.Contains(Parts(), part):
			return fmt.Errorf("%q is no part of the program%s: they are %s", part, spelling.Guess(part, Parts()), strings.Join(Parts(), ", "))
		case named:
			next.parts[part] = v
		case i == 0:
			next.rest = v
		default:
			return fmt.Errorf("%q: want part=level after the first", one)
		}
	}
	l.now.Store(&next)
	return nil
}

// String is what Set would take.
func (l *Levels) String() string {
	now := l.now.Load()
	out := word(now.rest)
	for _, part := range slices.Sorted(maps.Keys(now.parts)) {
		out += "," + part + "=" + word(now.parts[part])
	}
	return out
}

func (l *Levels) of(part string) slog.Level {
	now := l.now.Load()
	if v, ok := now.parts[part]; ok {
		return v
	}
	return now.rest
}

func level(word string) (slog.Level, error) {
	var v slog.Level
	if strings.EqualFold(word, "trace") {
		return LevelTrace, nil
	}
	if err := v.UnmarshalText([]byte(word)); err != nil {
		return 0, fmt.Errorf("%q is none of trace, debug, info, warn, error", word)
	}
	return v, nil
}

func word(v slog.Level) string {
	if v == LevelTrace {
		return "trace"
	}
	return strings.ToLower(v.String())
}

// Named is the logger of one part, heard from the level that Levels has for it.
// Its lines carry the part's name, which is one of Parts.
func Named(log *slog.Logger, part string) *slog.Logger {
	if !slices.Contains(Parts(), part) {
		panic("telemetry: " + part + " is not among the parts")
	}
	h, ok := log.Handler().(handler)
	if !ok {
		return log.With("part", part)
	}
	h.part = part
	h.Handler = h.Handler.WithAttrs([]slog.Attr{slog.String("part", part)})
	return slog.New(h)
}

// handler puts levels, facts and redaction around one that writes.
type handler struct {
	slog.Handler
	levels *Levels
	part   string
}

// Enabled implements slog.Handler.
func (h handler) Enabled(_ context.Context, v slog.Level) bool { return v >= h.levels.of(h.part) }

// Handle adds the context's facts to the line.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if f, ok := ctx.Value(factsKey{}).(*facts); ok {
		f.mu.Lock()
		r.AddAttrs(f.attrs...)
		f.mu.Unlock()
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(a []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(a)
	return h
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(n string) slog.Handler {
	h.Handler = h.Handler.WithGroup(n)
	return h
}

// secretWords are names whose values are never written, whoever logs them. What
// is secret by type (ident.Secret) hides itself; this catches the rest.
func secretWords() []string {
	return []string{"password", "token", "secret", "authorization", "cookie", "stream_key", "credential"}
}

// tidy names TRACE and hides what must not be written.
func tidy(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.LevelKey {
		if v, ok := a.Value.Any().(slog.Level); ok && v == LevelTrace {
			a.Value = slog.StringValue("TRACE")
		}
		return a
	}
	name := strings.ToLower(a.Key)
	for _, w := range secretWords() {
		if strings.Contains(name, w) {
			return slog.String(a.Key, "[redacted]")
		}
	}
	return a
}
