// Package live takes streams in and gives streams out. It knows streams by
// their public names, who may write one at a time, who watches, and what
// happens to a viewer who cannot keep up. It knows nothing of rooms, accounts,
// keys' secrets or any HTTP framework: whoever admits a publisher hands it a
// Pass, and whoever serves a viewer has already decided that he may watch.
//
// Whatever feeds a stream is a publisher (Publish), whatever drains one is a
// viewer (Watch); bytes go from one to the other through a streamlog.Log.
package live

import (
	"errors"
	"runtime"
	"time"

	"synctv/internal/live/streamlog"
)

// Errors of the hub. ErrOffline, ErrBusy and ErrHandshake are answers to callers; the others
// are causes a publication or a stream ends with.
var (
	ErrOffline      = errors.New("live: nobody publishes this stream")
	ErrBusy         = errors.New("live: the stream has another publisher")
	ErrUnauthorized = errors.New("live: this publisher may not publish")
	ErrMemory       = errors.New("live: no memory left for another stream")
	ErrEnded        = errors.New("live: the publisher ended the stream")
	ErrLost         = errors.New("live: the publisher was lost and did not come back")
	ErrCut          = errors.New("live: the stream was cut")
	ErrTakenOver    = errors.New("live: the same key publishes from elsewhere")
	ErrClosed       = errors.New("live: shutting down")
	ErrHeld         = errors.New("live: the stream was ended a moment ago")
	ErrHandshake    = errors.New("live: not a WebSocket handshake")
)

// Pass is the permission to publish: which stream, and by which key (an id,
// never the secret). The same key may take its own stream over.
type Pass struct {
	Stream string
	Key    string
	Relay  bool // by a pull from another replica: gives way to any publisher
}

// Limits bound the hub. Zero fields take the defaults named here.
type Limits struct {
	Log     streamlog.Limits
	Memory  int64         // bytes of all logs and muxers together: 256 MiB
	Hold    time.Duration // how long an ended stream cannot be published again: 1 min
	Grace   time.Duration // how long a lost publisher may stay away: 5 s
	Stale   time.Duration // silence after which another key may take over: 10 s
	Stall   time.Duration // a viewer without any progress is closed: 10 s
	Behind  time.Duration // a skipped viewer must catch up within: 30 s
	Unsent  int           // bytes the kernel may hold for a viewer: 128 KiB
	Write   int           // bytes given to a viewer's socket at once: 128 KiB
	Fans    int           // goroutines that send one stream: one per core
	Notices time.Duration // viewer counts are told at most this often: 1 s
}

// minStream is what a new stream needs of the memory budget.
const minStream = 4 << 20

func (l Limits) withDefaults() Limits {
	fill(&l.Memory, 256<<20)
	fill(&l.Hold, time.Minute)
	fill(&l.Grace, 5*time.Second)
	fill(&l.Stale, 10*time.Second)
	fill(&l.Stall, 10*time.Second)
	fill(&l.Behind, 30*time.Second)
	fill(&l.Unsent, 128<<10)
	fill(&l.Write, 128<<10)
	fill(&l.Fans, runtime.GOMAXPROCS(0))
	fill(&l.Notices, time.Second)
	return l
}

func fill[T int | int64 | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Info describes a stream. One that nobody publishes has only its name.
type Info struct {
	Stream       string
	Live         bool
	Relayed      bool // its publisher is on another replica
	Started      time.Time
	Video, Audio string // codec names such as "avc1" and "mp4a", or empty
	KeyInterval  time.Duration
	LongGOP      bool    // key frames are too far apart: nobody can join
	Bitrate      float64 // bits per second
	FrameRate    float64 // pictures per second, as the encoder stamps them; 0: unknown
	LostFrames   int64   // pictures the encoder left out
	Viewers      int
	Counts
}

// Counts say what happened to viewers, by reason.
type Counts struct {
	SkippedToKey   int64 // jumps to the newest key frame
	DroppedSlow    int64 // closed: skipped and did not catch up in time
	DroppedStalled int64 // closed: took no byte in time
}

// Stats are the hub's numbers: the first group is now, the rest since start.
type Stats struct {
	Streams, Publishers, Viewers int
	MemoryBytes                  int64

	Published, RefusedBusy, RefusedMemory, TakenOver, Resumed, Cut int64
	Watched                                                        int64
	BytesIn, BytesOut                                              int64
	Sends, HandedBack                                              int64 // by the fans: sends, and viewers whose socket was full
	Counts
}

// Listener is told when a stream's Info changed: it came, went, changed codecs
// or viewers. Calls come one at a time, in order, from Hub.Run, with no lock
// held; several changes at once may arrive as one call with the newest state.
// It should not block for long: later notices wait, the streams do not.
type Listener interface {
	StreamChanged(Info)
}
