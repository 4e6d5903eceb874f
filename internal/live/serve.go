package live

import (
	"context"
	"errors"
	"net/http"

	"synctv/internal/live/flv"
	"synctv/internal/live/streamlog"
)

// ServeFLV answers r with the stream as endless HTTP-FLV, beginning at the
// newest key frame. An error means that nothing was written: ErrOffline (and
// ErrClosed) are the caller's to render, the context's error means the viewer
// left. Once begun it answers nil, whatever ended it: the end of the stream
// (the response ends cleanly), the end of r's context, the viewer leaving, or
// the viewer being too slow, which is counted.
//
// An HTTP/1 connection is taken over (hijacked) so that each write goes to the
// socket as it is; other writers work through http.ResponseController. A
// request for a WebSocket gets the same bytes in binary frames; ErrHandshake
// when it is no proper one.
func (h *Hub) ServeFLV(w http.ResponseWriter, r *http.Request, stream string) error {
	if wantsSocket(r) && !upgradable(r) {
		return ErrHandshake
	}
	v, err := h.Watch(stream)
	if err != nil {
		return err
	}
	defer v.Leave()
	v.cursor.Most = h.limits.Write
	ctx := r.Context()
	first, err := v.Next(ctx)
	if err != nil {
		return notBegun(ctx, err)
	}
	head := w.Header()
	head.Set("Content-Type", "video/x-flv")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return nil
	}
	out, err := newSink(w, r, h.limits)
	if err != nil {
		return nil // the connection is already lost
	}
	defer out.close()
	if v.serve(ctx, out, first) {
		out.end()
	}
	return nil
}

// notBegun tells a viewer who left from a stream that ended before its first
// frame.
func notBegun(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return ErrOffline
}

// serve writes the stream from its first chunk on. It says whether the stream
// came to its end, rather than the viewer or his patience. Whenever the viewer
// is up to date and his connection allows it, the stream's fan sends instead.
func (v *Viewer) serve(ctx context.Context, out sink, chunk streamlog.Chunk) (ended bool) {
	start := flv.AppendFileHeader(nil, chunk.First.HasAudio, chunk.First.HasVideo)
	chunk.Head = append(start, chunk.Head...)
	lane := newLane(v, out)
	for {
		if !v.took(out.write(chunk.Head, chunk.Body)) {
			return false
		}
		for lane != nil && v.behind.IsZero() && v.cursor.AtTail() {
			left := lane.ride(ctx, v.stream.emptiest())
			if !v.took(lane.finish()) {
				return false
			}
			if !left {
				break // the stream or the request ended
			}
		}
		var err error
		if chunk, err = v.resume(ctx, lane); err != nil {
			return ctx.Err() == nil
		}
	}
}

// resume is what to send next: what the fan came upon and left, or what comes.
func (v *Viewer) resume(ctx context.Context, l *lane) (streamlog.Chunk, error) {
	if l != nil && len(l.chunk.Body) > 0 {
		chunk := l.chunk
		l.chunk = streamlog.Chunk{}
		return chunk, nil
	}
	return v.Next(ctx)
}

// took notes what a write came to and says whether to go on.
func (v *Viewer) took(n int, err error) bool {
	keepsUp := v.sent(n)
	switch {
	case errors.Is(err, errStalled):
		v.count(func(c *counters) { c.stalled.Add(1) })
	case err == nil && !keepsUp:
		v.count(func(c *counters) { c.slows.Add(1) })
	}
	return err == nil && keepsUp
}
