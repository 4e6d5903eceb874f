package live

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"synctv/internal/live/streamlog"
)

// Hub holds all streams of this process. Close ends them; Run tells the
// listener. All methods may be called from any goroutine.
type Hub struct {
	limits Limits
	budget *streamlog.Budget
	news   news

	bytesIn, bytesOut, watched atomic.Int64
	sends, handedBack          atomic.Int64 // by the fans
	total                      counters     // of all streams ever
	fans                       sync.WaitGroup

	mu      sync.Mutex // guards everything below; never held while blocking
	streams map[string]*stream
	past    Stats // events counted under mu
	closed  bool
	held    map[string]time.Time // until when ended streams stay ended
}

// stream is one name that is being published, or was a moment ago. It is in
// the hub's map for as long as its log is open.
type stream struct {
	name    string
	log     *streamlog.Log
	started time.Time

	fans    []*fan
	viewers atomic.Int64
	away    atomic.Bool // its publisher is, on another replica
	counts  counters

	// Guarded by the hub's mu.
	pub   *Publication // nil while its publisher is away
	grace *time.Timer  // runs while pub is nil
}

// NewHub makes an empty hub. The listener may be nil.
func NewHub(limits Limits, listener Listener) *Hub {
	limits = limits.withDefaults()
	h := &Hub{
		limits: limits, budget: streamlog.NewBudget(limits.Memory),
		streams: make(map[string]*stream), held: make(map[string]time.Time),
	}
	h.news.init(listener, limits.Notices)
	return h
}

// Run tells the listener about changes until ctx ends, then closes the hub and
// waits until nothing is sent any more.
func (h *Hub) Run(ctx context.Context) error {
	defer h.fans.Wait()
	defer h.Close()
	h.news.run(ctx, h.Info)
	return nil
}

// Close cuts every publisher and ends every stream; viewers are ended cleanly.
// Publish and Watch fail from then on.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	var gone []func()
	for _, s := range h.streams {
		gone = append(gone, h.drop(s, ErrClosed))
	}
	h.mu.Unlock()
	for _, end := range gone {
		end()
	}
}

// newStream makes a stream and as many fans as there are cores to send from.
func (h *Hub) newStream(name string) *stream {
	s := &stream{name: name, log: streamlog.New(h.limits.Log, h.budget), started: time.Now()}
	for range h.limits.Fans {
		s.fans = append(s.fans, newFan(h, s))
	}
	return s
}

// drop takes a stream out of the map and returns what is left to do without
// the lock. The caller holds mu.
func (h *Hub) drop(s *stream, cause error) (end func()) {
	delete(h.streams, s.name)
	if s.grace != nil {
		s.grace.Stop()
	}
	pub := s.pub
	s.pub = nil
	return func() {
		if pub != nil {
			pub.cancel(cause)
		}
		s.log.Close(cause)
		h.news.mark(s.name, false)
	}
}

// Cut ends one stream at once: its publisher is disconnected, its viewers'
// responses end. It says whether there was one.
func (h *Hub) Cut(name string) bool {
	return h.cut(func(s *stream) bool { return s.name == name }) > 0
}

// CutKey ends every stream that is published by the key and says how many.
func (h *Hub) CutKey(key string) int {
	return h.cut(func(s *stream) bool { return s.pub != nil && s.pub.pass.Key == key })
}

// End is Cut by somebody who means it: encoders connect again by themselves
// within seconds, so for a while nobody may publish the stream here (ErrHeld),
// wherever it was published.
func (h *Hub) End(name string) {
	h.mu.Lock()
	now := time.Now()
	maps.DeleteFunc(h.held, func(_ string, until time.Time) bool { return now.After(until) })
	h.held[name] = now.Add(h.limits.Hold)
	h.mu.Unlock()
	h.Cut(name)
}

func (h *Hub) cut(match func(*stream) bool) int {
	h.mu.Lock()
	var gone []func()
	for _, s := range h.streams {
		if match(s) {
			gone = append(gone, h.drop(s, ErrCut))
			h.past.Cut++
		}
	}
	h.mu.Unlock()
	for _, end := range gone {
		end()
	}
	return len(gone)
}

// Info describes one stream; a name nobody publishes is answered with
// Live false.
func (h *Hub) Info(name string) Info {
	h.mu.Lock()
	s := h.streams[name]
	h.mu.Unlock()
	if s == nil {
		return Info{Stream: name}
	}
	info := s.info()
	info.Relayed = h.Relayed(name)
	return info
}

// Has tells whether a stream is here, published or relayed.
func (h *Hub) Has(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.streams[name] != nil
}

// Relayed tells whether a stream comes from another replica.
func (h *Hub) Relayed(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[name]
	return s != nil && s.pub != nil && s.pub.pass.Relay
}

// Viewers counts who watches a stream here.
func (h *Hub) Viewers(name string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[name]; s != nil {
		return int(s.viewers.Load())
	}
	return 0
}

// Streams describes all streams, by name.
func (h *Hub) Streams() []Info {
	h.mu.Lock()
	all := make([]*stream, 0, len(h.streams))
	for _, s := range h.streams {
		all = append(all, s)
	}
	h.mu.Unlock()
	infos := make([]Info, len(all))
	for i, s := range all {
		infos[i] = s.info()
	}
	slices.SortFunc(infos, func(a, b Info) int { return strings.Compare(a.Stream, b.Stream) })
	return infos
}

// Stats reports the hub's numbers.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.past
	st.Streams = len(h.streams)
	for _, s := range h.streams {
		st.Viewers += int(s.viewers.Load())
		if s.pub != nil {
			st.Publishers++
		}
	}
	st.Counts = h.total.load()
	st.MemoryBytes = h.budget.Used()
	st.Watched = h.watched.Load()
	st.BytesIn, st.BytesOut = h.bytesIn.Load(), h.bytesOut.Load()
	st.Sends, st.HandedBack = h.sends.Load(), h.handedBack.Load()
	return st
}

// counters is Counts while it is being counted.
type counters struct{ skips, slows, stalled atomic.Int64 }

func (c *counters) load() Counts {
	return Counts{c.skips.Load(), c.slows.Load(), c.stalled.Load()}
}

func (s *stream) info() Info {
	l := s.log.Info()
	return Info{
		Stream: s.name, Live: !s.away.Load(), Started: s.started,
		Video: l.Video, Audio: l.Audio, KeyInterval: l.KeyInterval, LongGOP: l.LongGOP,
		Bitrate: l.Bitrate, FrameRate: l.FrameRate, LostFrames: l.Lost, Viewers: int(s.viewers.Load()), Counts: s.counts.load(),
	}
}
