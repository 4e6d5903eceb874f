// Package streamlog holds the recent past of one live stream as one
// append-only log in FLV wire form: contiguous segments that never change once
// published, an index of the places a viewer can begin at, and the codec
// headers in force at each. It knows FLV framing and nothing about networks,
// protocols or people. A writer assembles messages straight into the newest
// segment; a viewer is an offset and reads ranges of those same bytes, so a
// thousand viewers cost no copy, no queue and no lock. Segments are let go by
// moving the window; the garbage collector keeps those somebody still writes.
package streamlog

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"synctv/internal/live/flv"
)

// Errors of the log. Close may give viewers any other error as the reason.
var (
	ErrClosed     = errors.New("streamlog: closed")
	ErrSuperseded = errors.New("streamlog: another writer took over")
	ErrTooLarge   = errors.New("streamlog: message too large")
	ErrMemory     = errors.New("streamlog: memory budget exhausted")
)

// Limits bound one log. Zero fields take the defaults named here.
type Limits struct {
	GOPs    int           // whole GOPs kept beside the growing one: 2
	Span    time.Duration // stream time kept: 10 s
	Bytes   int64         // bytes kept: 32 MiB
	Segment int           // bytes in a segment: 1 MiB
	Message int           // largest payload taken: 8 MiB
	Audio   time.Duration // longest wait of audio for a video frame: 50 ms
	Merge   time.Duration // longest wait of a video frame for others: 0, none
}

func (l Limits) withDefaults() Limits {
	fill(&l.GOPs, 2)
	fill(&l.Span, 10*time.Second)
	fill(&l.Bytes, 32<<20)
	fill(&l.Segment, 1<<20)
	fill(&l.Message, 8<<20)
	fill(&l.Audio, 50*time.Millisecond)
	l.Message = min(l.Message, flv.MaxPayload)
	return l
}

func fill[T int | int64 | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// segment is a stretch of the log. Both fields are fixed when it is made; the
// bytes below the published end never change again.
type segment struct {
	base  int64 // log offset of buf[0]
	first uint32
	buf   []byte
}

// Point is a place to begin at: a key frame, or in a stream without video a
// moment about a second after the one before.
type Point struct {
	Offset   int64
	DTS      uint32 // ms
	HasAudio bool   // tracks seen up to here, for the FLV file header
	HasVideo bool

	prefix []byte // metadata and codec headers in force
	gen    uint64 // which set of headers that is
}

// view is everything a reader needs, published whole: readers take no lock.
// It is immutable, and changed is closed when a newer one is there.
type view struct {
	segs    []*segment
	points  []Point
	start   int64 // oldest offset still readable
	end     int64 // first offset not yet published
	err     error // why the log ended
	changed chan struct{}
}

// Log is one stream's log. Writers go through NewWriter, readers through
// NewCursor.
type Log struct {
	limits Limits
	budget *Budget
	now    atomic.Pointer[view]

	mu      sync.Mutex // guards everything below
	writer  *Writer    // the one that may write; nil before the first
	segs    []*segment
	tail    *segment // where the writer appends; nil: begin a new one
	points  []Point
	heads   headers
	start   int64
	end     int64 // first offset not committed; published up to now().end
	pending bool  // the timer runs for what is committed and not published
	timer   *time.Timer
	last    uint32 // newest DTS
	any     bool   // there was a media frame, so last means something
	keys    keyClock
	frames  frameClock
	video   string
	audio   string
	bytes   int64 // payload bytes ever committed
	closed  bool
}

// New makes an empty log. The budget is shared by all logs of a process; nil
// means no common bound.
func New(limits Limits, budget *Budget) *Log {
	l := &Log{limits: limits.withDefaults(), budget: budget}
	l.now.Store(&view{changed: make(chan struct{})})
	l.timer = time.AfterFunc(time.Hour, l.overdue)
	l.timer.Stop()
	return l
}

// overdue publishes what has waited long enough for a video frame.
func (l *Log) overdue() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending && !l.closed {
		l.publish(nil)
	}
}

// Close publishes what is left and ends the log: viewers read on to the end
// and then get err (ErrClosed if nil). Closing twice does nothing.
func (l *Log) Close(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if err == nil {
		err = ErrClosed
	}
	l.closed = true
	l.publish(err)
	for _, s := range l.segs {
		l.budget.Give(int64(len(s.buf)))
	}
	l.segs, l.points, l.tail = nil, nil, nil
}

// publish makes all that is committed visible and wakes every viewer once.
// The caller holds mu.
func (l *Log) publish(err error) {
	l.timer.Stop()
	l.pending = false
	old := l.now.Load()
	l.now.Store(&view{
		segs: l.segs, points: l.points, start: l.start, end: l.end,
		err: err, changed: make(chan struct{}),
	})
	close(old.changed)
}

// soon publishes now if wait is zero, else within wait of the oldest
// unpublished message. The caller holds mu.
func (l *Log) soon(wait time.Duration) {
	if wait <= 0 {
		l.publish(nil)
		return
	}
	if !l.pending {
		l.pending = true
		l.timer.Reset(wait)
	}
}

// room returns the segment that takes need more bytes. The caller holds mu.
func (l *Log) room(need int, dts uint32) (*segment, error) {
	if t := l.tail; t != nil && int64(len(t.buf))-(l.end-t.base) >= int64(need) {
		return t, nil
	}
	size := max(l.limits.Segment, need)
	if !l.budget.Take(int64(size)) {
		return nil, ErrMemory
	}
	l.tail = &segment{base: l.end, first: dts, buf: make([]byte, size)}
	l.segs = append(l.segs, l.tail)
	return l.tail, nil
}

// trim moves the window's start so that the limits hold. The caller holds mu.
func (l *Log) trim() {
	lim := &l.limits
	drop := max(0, len(l.points)-lim.GOPs-1)
	for drop < len(l.points) {
		p := &l.points[drop]
		if since(l.last, p.DTS) <= lim.Span && l.end-p.Offset <= lim.Bytes {
			break
		}
		drop++
	}
	if drop > 0 {
		// Cloned, so that dropped points and their prefixes can be collected.
		l.points = slices.Clone(l.points[drop:])
	}
	if len(l.points) > 0 {
		l.start = max(l.start, l.points[0].Offset)
	}
	l.release()
}

// release lets go of segments that lie before the window, and, when a GOP is
// longer than the limits allow, of the oldest ones regardless. The caller
// holds mu.
func (l *Log) release() {
	drop := 0
	for drop < len(l.segs)-1 {
		s, next := l.segs[drop], l.segs[drop+1]
		tooMuch := l.end-s.base > l.limits.Bytes || since(l.last, next.first) > l.limits.Span
		if next.base > l.start && (len(l.points) > 0 || !tooMuch) {
			break
		}
		l.start = max(l.start, next.base)
		l.budget.Give(int64(len(s.buf)))
		drop++
	}
	if drop > 0 {
		l.segs = slices.Clone(l.segs[drop:])
	}
}

// since is the stream time from one stamp to a later one; out of order is 0.
func since(newer, older uint32) time.Duration {
	return time.Duration(max(0, int32(newer-older))) * time.Millisecond
}

// Info describes a log at one moment.
type Info struct {
	Video, Audio string        // codec names, empty when there is no such track
	KeyInterval  time.Duration // stream time between the newest two key frames
	LongGOP      bool          // the newest GOP is beyond the limits: nobody can join
	Bytes        int64         // payload bytes ever written
	Kept         int64         // bytes in the window
	Bitrate      float64       // bits per second over the window
	FrameRate    float64       // pictures per second, as the encoder stamps them; 0: unknown
	Lost         int64         // pictures the encoder left out, judged by gaps in its stamps
	DTS          uint32        // newest time stamp, ms
}

// Info reports what the log holds now.
func (l *Log) Info() Info {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := Info{
		Video: l.video, Audio: l.audio, KeyInterval: l.keys.interval, Bytes: l.bytes,
		Kept: l.end - l.start, DTS: l.last, FrameRate: l.frames.rate(), Lost: l.frames.lost,
		LongGOP: l.video != "" && l.keys.seen && len(l.points) == 0,
	}
	if len(l.points) > 0 {
		p := &l.points[0]
		if d := since(l.last, p.DTS); d > 0 {
			i.Bitrate = float64(l.end-p.Offset) * 8 / d.Seconds()
		}
	}
	return i
}
