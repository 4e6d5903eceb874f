package hls

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gohlslib/v2"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/streamlog"
)

// feed brings one stream into muxers, one after the other.
type feed struct {
	viewer  *live.Viewer
	limits  Limits
	log     *slog.Logger
	used    atomic.Int64 // unix ns of the last request
	waiting atomic.Int64 // playlist requests in the muxer

	mu    sync.Mutex // guards what follows
	gen   *generation
	err   error         // why there will be none
	ready chan struct{} // closed when gen or err is set for the first time

	// Owned by run.
	known   tracks    // codec headers, newest first come
	held    []flv.Tag // frames that wait for the other track's header
	clock   clock
	shelf   shelf
	changed bool // a codec header is not the muxer's
}

// generation is one muxer. It ends when the codecs change.
type generation struct {
	muxer *gohlslib.Muxer
	tracks
}

func newFeed(v *live.Viewer, limits Limits, log *slog.Logger) *feed {
	return &feed{viewer: v, limits: limits, log: log, ready: make(chan struct{})}
}

// current waits for the muxer.
func (f *feed) current(ctx context.Context, patience time.Duration) (*generation, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-f.ready:
	case <-timer.C:
		return nil, live.ErrOffline
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gen == nil {
		return nil, f.err
	}
	return f.gen, nil
}

// run muxes until the stream ends or stalls, nobody asks any more, or ctx ends.
func (f *feed) run(ctx context.Context) {
	defer f.viewer.Leave()
	err := f.read(ctx)
	f.log.Debug("hls muxing ended", "reason", err)
	if !errors.Is(err, ErrCodec) && !errors.Is(err, live.ErrMemory) {
		err = live.ErrOffline
	}
	f.replace(nil, err)
}

var errUnused = errors.New("hls: nobody asks for it")

func (f *feed) read(ctx context.Context) error {
	for {
		chunk, err := f.next(ctx)
		if err != nil {
			return err
		}
		// Before the muxer copies it: together they may be too much.
		if !f.viewer.Hold(f.shelf.bytes() + int64(len(chunk.Body))) {
			return live.ErrMemory
		}
		for _, b := range [...][]byte{chunk.Head, chunk.Body} {
			if err := flv.Tags(b, f.tag); err != nil {
				return err
			}
		}
		if time.Since(time.Unix(0, f.used.Load())) > f.limits.Idle {
			return errUnused
		}
	}
}

// next waits for the next range, but not for a stream that stalls: its muxer
// must be closed, because requests wait in there whatever their context says.
func (f *feed) next(ctx context.Context) (streamlog.Chunk, error) {
	ctx, cancel := context.WithTimeout(ctx, f.limits.Stall)
	defer cancel()
	return f.viewer.Next(ctx)
}

// tag takes one tag. Frames the muxer refuses are left out, not fatal: encoders
// have their bad moments.
func (f *feed) tag(t flv.Tag) error {
	frame, ok := flv.Open(t.Type, t.Payload)
	if !ok {
		return nil
	}
	if frame.Class == flv.Config {
		if f.known.header(t.Type, frame) {
			f.changed = true
		}
		return nil
	}
	if f.changed || f.gen == nil {
		if started, err := f.begin(t, frame.Class == flv.Key); err != nil || !started {
			return err
		}
	}
	if err := f.write(t, frame); err != nil {
		f.log.Debug("hls frame left out", "error", err)
	}
	return nil
}

// headerWait is how much of a stream is held back while only one of its tracks
// has a codec header, and heldTags how many tags of it.
const (
	headerWait = time.Second
	heldTags   = 256
)

// begin makes a muxer once it is known of what. A video stream begins anew at a
// key frame only.
func (f *feed) begin(t flv.Tag, key bool) (bool, error) {
	if f.known.video == nil && f.known.audio == nil {
		if f.clock.since(t.DTS) > headerWait {
			return false, ErrCodec
		}
		return false, nil
	}
	if f.known.video != nil && !key && len(f.held) == 0 {
		return false, nil
	}
	if f.known.video == nil || f.known.audio == nil {
		if len(f.held) < heldTags && (len(f.held) == 0 || t.DTS-f.held[0].DTS < uint32(headerWait/time.Millisecond)) {
			f.held = append(f.held, t)
			return false, nil
		}
	}
	f.shelf = shelf{limits: f.limits} // the old muxer's segments go with it
	g := &generation{tracks: f.known}
	if err := g.start(f.limits, f.log); err != nil {
		return false, err
	}
	f.changed = false
	f.replace(g, nil)
	held := f.held
	f.held = nil
	for _, t := range held {
		if frame, ok := flv.Open(t.Type, t.Payload); ok {
			_ = f.write(t, frame) // as in tag
		}
	}
	return true, nil
}

// replace closes the muxer and puts another, or the reason for none, in its
// place.
func (f *feed) replace(g *generation, err error) {
	f.mu.Lock()
	old, first := f.gen, f.gen == nil && f.err == nil
	f.gen, f.err = g, err
	f.mu.Unlock()
	if first {
		close(f.ready)
	}
	if old != nil {
		old.muxer.Close()
	}
}

func (f *feed) write(t flv.Tag, frame flv.Sample) error {
	at, wall := f.clock.at(t.DTS)
	f.shelf.put(at, len(frame.Data), frame.Class == flv.Key || f.gen.video == nil)
	return f.gen.write(t.Type, frame, at, wall)
}

// clock turns 32-bit time stamps into a time that only grows, and into dates.
type clock struct {
	begun bool
	last  uint32
	media time.Duration // of last, since the first
	wall  time.Time     // of the first
}

// at is the time of a stamp since the first, and its date: that of its arrival,
// or earlier for what had been kept.
func (c *clock) at(dts uint32) (time.Duration, time.Time) {
	now := time.Now()
	if !c.begun {
		c.begun, c.last, c.wall = true, dts, now
	}
	c.media += time.Duration(int32(dts-c.last)) * time.Millisecond
	c.last = dts
	// What was kept arrives all at once: then the newest decides, and the date
	// of the first moves back. An encoder's clock may also run fast.
	if date := c.wall.Add(c.media); date.After(now) {
		c.wall = c.wall.Add(now.Sub(date))
	}
	return c.media, c.wall.Add(c.media)
}

func (c *clock) since(dts uint32) time.Duration {
	at, _ := c.at(dts)
	return at
}
