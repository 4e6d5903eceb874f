package live

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"synctv/internal/live/flv"
	"synctv/internal/live/streamlog"
)

// Publication is the right to write one stream, from Publish to Close. Its
// writing methods belong to one goroutine. It can be lost at any moment (cut,
// taken over): its context then ends, and writes fail.
type Publication struct {
	hub    *Hub
	stream *stream
	pass   Pass
	w      *streamlog.Writer
	ctx    context.Context
	cancel context.CancelCauseFunc
	wrote  atomic.Int64 // unix ns of the last message, for staleness
}

// Publish begins writing a stream, or goes on with one whose publisher was lost
// a moment ago: viewers then simply see it go on. If somebody else publishes
// it, the same key takes over, and so does anybody when the other is silent;
// else ErrBusy. ErrMemory when all logs together hold too much already, ErrHeld
// for a while after End. The caller must Close the publication.
func (h *Hub) Publish(ctx context.Context, pass Pass) (*Publication, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	s := h.streams[pass.Stream]
	switch {
	case time.Now().Before(h.held[pass.Stream]):
		return nil, ErrHeld
	case s == nil:
		if !h.budget.Fits(minStream) {
			h.past.RefusedMemory++
			return nil, ErrMemory
		}
		s = h.newStream(pass.Stream)
		h.streams[s.name] = s
	case s.pub == nil:
		s.grace.Stop()
		h.past.Resumed++
	case s.pub.pass.Relay && !pass.Relay:
		s.pub.cancel(ErrTakenOver)
	case pass.Relay:
		return nil, ErrBusy
	case s.pub.pass.Key == pass.Key || s.pub.silent() > h.limits.Stale:
		s.pub.cancel(ErrTakenOver)
		h.past.TakenOver++
	default:
		h.past.RefusedBusy++
		return nil, ErrBusy
	}
	if !pass.Relay {
		h.past.Published++
	}
	s.away.Store(false)
	s.pub = h.publication(ctx, s, pass)
	h.news.mark(s.name, false)
	return s.pub, nil
}

func (h *Hub) publication(ctx context.Context, s *stream, pass Pass) *Publication {
	p := &Publication{hub: h, stream: s, pass: pass, w: s.log.NewWriter()}
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	p.wrote.Store(time.Now().UnixNano())
	return p
}

func (p *Publication) silent() time.Duration {
	return time.Duration(time.Now().UnixNano() - p.wrote.Load())
}

// Context ends when the right to publish is lost; its cause says why.
func (p *Publication) Context() context.Context { return p.ctx }

// Pass is what the publication was begun with.
func (p *Publication) Pass() Pass { return p.pass }

// Reserve opens the one message that is assembled in place: its n payload
// bytes go into the returned slice. Commit or Rollback must follow.
func (p *Publication) Reserve(t flv.Type, dts uint32, n int) ([]byte, error) {
	b, err := p.w.Reserve(t, dts, n)
	p.hub.bytesIn.Add(int64(len(b)))
	return b, p.explain(err)
}

// Commit ends the open message: from here on viewers get it.
func (p *Publication) Commit() error {
	changed, err := p.w.Commit()
	p.noted(changed)
	return p.explain(err)
}

// Rollback gives the open message up.
func (p *Publication) Rollback() { p.w.Rollback() }

// Merge is how long pictures wait for each other before viewers get them.
func (p *Publication) Merge() time.Duration { return p.hub.limits.Log.Merge }

// Flush gives viewers at once what waits.
func (p *Publication) Flush() { p.w.Flush() }

// Append writes a message that was assembled elsewhere. It must not be called
// with a message open.
func (p *Publication) Append(t flv.Type, dts uint32, payload []byte) error {
	changed, err := p.w.Append(t, dts, payload)
	p.hub.bytesIn.Add(int64(len(payload)))
	p.noted(changed)
	return p.explain(err)
}

func (p *Publication) noted(changed bool) {
	p.wrote.Store(time.Now().UnixNano())
	if changed {
		p.hub.news.mark(p.stream.name, false)
	}
}

// Pause says whether the stream's publisher is away, as far as its viewers are
// concerned: they wait, and the stream does not count as live.
func (p *Publication) Pause(away bool) {
	if p.ctx.Err() == nil && p.stream.away.Swap(away) != away {
		p.hub.news.mark(p.stream.name, false)
	}
}

// Anew says that what is written next comes from another connection of the
// publisher: its time stamps go on where the last ones ended. It must not be
// called with a message open.
func (p *Publication) Anew() {
	p.hub.mu.Lock()
	defer p.hub.mu.Unlock()
	if p.stream.pub == p { // else the log is somebody else's
		p.w = p.stream.log.NewWriter()
	}
}

// Yield gives the right to publish up to somebody on another replica. Viewers
// wait for as long as they would for a lost publisher.
func (p *Publication) Yield() {
	p.cancel(ErrTakenOver)
	p.Close(false)
}

// explain replaces "no longer yours" by the reason it is not.
func (p *Publication) explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, streamlog.ErrSuperseded) || errors.Is(err, streamlog.ErrClosed) {
		if cause := context.Cause(p.ctx); cause != nil {
			return cause
		}
	}
	if errors.Is(err, streamlog.ErrMemory) {
		return ErrMemory
	}
	return err
}

// Close ends the publication. A publisher that said goodbye (ended) ends the
// stream at once; one that was lost may come back within the grace, during
// which viewers wait. Closing one that was cut or taken over, or closing
// twice, does nothing.
func (p *Publication) Close(ended bool) {
	h, s := p.hub, p.stream
	p.cancel(ErrEnded)
	h.mu.Lock()
	if s.pub != p {
		h.mu.Unlock()
		return
	}
	if ended {
		end := h.drop(s, ErrEnded)
		h.mu.Unlock()
		end()
		return
	}
	s.pub = nil
	s.grace = time.AfterFunc(h.limits.Grace, func() { h.forsaken(s) })
	h.mu.Unlock()
}

// forsaken ends a stream whose publisher did not come back.
func (h *Hub) forsaken(s *stream) {
	h.mu.Lock()
	if h.streams[s.name] != s || s.pub != nil {
		h.mu.Unlock()
		return
	}
	end := h.drop(s, ErrLost)
	h.mu.Unlock()
	end()
}
