package live

import (
	"context"
	"sync"
	"time"

	"synctv/internal/live/streamlog"
)

// Viewer is one drain of a stream: a browser, a muxer, another replica. It
// belongs to one goroutine, which must call Leave.
type Viewer struct {
	hub    *Hub
	stream *stream
	cursor streamlog.Cursor
	once   sync.Once

	behind time.Time // since when this viewer was skipped and not at the tail
	holds  int64     // bytes of its own, see Hold
}

// Watch begins to watch a stream: ErrOffline when nobody publishes it,
// ErrClosed when the hub is closed.
func (h *Hub) Watch(name string) (*Viewer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	s := h.streams[name]
	if s == nil {
		return nil, ErrOffline
	}
	s.viewers.Add(1)
	h.watched.Add(1)
	h.news.mark(name, true)
	return &Viewer{hub: h, stream: s, cursor: *s.log.NewCursor()}, nil
}

// Bound limits how many bytes Next returns at once; one tag is never divided.
func (v *Viewer) Bound(n int) { v.cursor.Most = n }

// Early lets a viewer that has not begun yet begin with the oldest of what is
// kept: a muxer wants whole GOPs at once, not the newest picture first.
func (v *Viewer) Early() { v.cursor.Early = true }

// Hold says how many bytes this viewer keeps of the stream on its own account (a
// muxer does); they count into Limits.Memory until Leave. It refuses, and
// nothing changes, before that leaves the streams themselves without any.
func (v *Viewer) Hold(n int64) bool {
	more := n - v.holds
	if more > 0 && !v.hub.budget.Fits(more+minStream) || !v.hub.budget.Take(more) {
		return false
	}
	v.holds = n
	return true
}

// Next waits for the next range of whole tags to send. It fails with the
// context's cause or, after the last byte, with the reason the stream ended.
func (v *Viewer) Next(ctx context.Context) (streamlog.Chunk, error) {
	for {
		chunk, wait, err := v.poll()
		if wait == nil || err != nil {
			return chunk, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return streamlog.Chunk{}, context.Cause(ctx)
		}
	}
}

// poll is Cursor.Poll, with skips noted. It never blocks; wait is nil when
// there is a chunk.
func (v *Viewer) poll() (chunk streamlog.Chunk, wait <-chan struct{}, err error) {
	skips := v.cursor.Skips
	chunk, wait, err = v.cursor.Poll()
	if v.cursor.Skips > skips {
		v.count(func(c *counters) { c.skips.Add(1) })
		if v.behind.IsZero() {
			v.behind = time.Now()
		}
	}
	return chunk, wait, err
}

// Sent notes what a write to the viewer came to, for drains outside this
// package: n bytes, and whether it failed because the viewer took none in time.
// It says whether the viewer keeps up; one that does not must be closed.
func (v *Viewer) Sent(n int, stalled bool) (keepsUp bool) {
	if stalled {
		return v.took(n, errStalled)
	}
	return v.took(n, nil)
}

// sent notes n bytes that reached the viewer's socket and says whether the
// viewer keeps up: one that had to be skipped must reach the newest frame
// within Limits.Behind.
func (v *Viewer) sent(n int) (keepsUp bool) {
	v.hub.bytesOut.Add(int64(n))
	if v.behind.IsZero() {
		return true
	}
	if v.cursor.AtTail() {
		v.behind = time.Time{}
		return true
	}
	return time.Since(v.behind) <= v.hub.limits.Behind
}

func (v *Viewer) count(one func(*counters)) {
	one(&v.stream.counts)
	one(&v.hub.total)
}

// Leave ends the watching. Leaving twice does nothing.
func (v *Viewer) Leave() {
	v.once.Do(func() {
		v.hub.budget.Give(v.holds)
		v.stream.viewers.Add(-1)
		v.hub.news.mark(v.stream.name, true)
	})
}
