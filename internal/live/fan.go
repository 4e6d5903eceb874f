package live

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// fan sends one stream to many viewers from one goroutine, by sends that never
// wait: a goroutine per viewer costs a wake-up per viewer and picture, a third
// of the whole. It holds only viewers who are up to date and whose sockets take
// everything at once, or a moment later. Whoever's does not is handed back, with
// what is left to send, to its own goroutine (Viewer.serve), which may wait, skip
// and give up, and returns the viewer when it has caught up. So nothing here can
// be slow:
//
//	joined ─→ own goroutine ─── up to date ──→ fan
//	              ↑                             │
//	              └── socket full, lost, end ───┘
//
// When sending to everybody takes longer than a picture lasts, a viewer's next
// send carries all that has come meanwhile: the merge window grows as far as
// the core needs, and shrinks again. What has grown so may be more than a socket
// takes at once from anybody: were it handed back then, a goroutine for each
// viewer would be woken just when the core is full.
type fan struct {
	hub    *Hub
	stream *stream
	size   atomic.Int64  // viewers, to choose the emptiest fan
	wake   chan struct{} // one token: somebody joins or must leave

	mu      sync.Mutex // guards what follows
	joining []*lane
	running bool

	// Owned by run.
	lanes []*lane
	full  int              // of them, with something left that the socket did not take
	cut   []byte           // the range everybody gets now
	frame [framings][]byte // its framing, by kind
	whole [framings][]byte // framing and range in one piece, by kind; empty: not made
}

func newFan(h *Hub, s *stream) *fan {
	return &fan{hub: h, stream: s, wake: make(chan struct{}, 1)}
}

// emptiest is the fan of s a new viewer should join.
func (s *stream) emptiest() *fan {
	best := s.fans[0]
	for _, f := range s.fans[1:] {
		if f.size.Load() < best.size.Load() {
			best = f
		}
	}
	return best
}

// add takes a viewer over until it is handed back; not when the hub is closed.
func (f *fan) add(l *lane) bool {
	h := f.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.size.Add(1)
	f.joining = append(f.joining, l)
	if !f.running {
		f.running = true
		h.fans.Go(f.run)
	}
	signal(f.wake)
	return true
}

// run sends until there is nobody left to send to.
func (f *fan) run() {
	retry := time.NewTimer(retryAfter)
	defer retry.Stop()
	for f.adopt() {
		// Taken before the round: what is published during it is not missed.
		changed := f.stream.log.Changed()
		f.round()
		if len(f.lanes) == 0 {
			continue // and perhaps end: a log that ended changes no more
		}
		var soon <-chan time.Time
		if f.full > 0 {
			retry.Reset(retryAfter)
			soon = retry.C
		}
		select {
		case <-changed:
		case <-f.wake:
		case <-soon:
		}
	}
}

// adopt takes in who is joining and says whether anybody is there.
func (f *fan) adopt() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lanes = append(f.lanes, f.joining...)
	clear(f.joining)
	f.joining = f.joining[:0]
	f.running = len(f.lanes) > 0
	return f.running
}

// A socket that did not take everything is tried again after retryAfter, or with
// what comes before that; for patience, and twice.
const (
	retryAfter = 5 * time.Millisecond
	patience   = 50 * time.Millisecond
)

// turn is after how many sends others on this core get theirs.
const turn = 64

// round sends to everybody what is new for him.
func (f *fan) round() {
	kept, sent, sends, handed := f.lanes[:0], 0, 0, 0
	f.full = 0
	for i, l := range f.lanes {
		if i%turn == turn-1 {
			runtime.Gosched()
		}
		n, times, ok := f.send(l)
		sent, sends = sent+n, sends+times
		left := len(l.restBody) > 0
		if ok {
			kept = append(kept, l)
			if left {
				f.full++
			}
			continue
		}
		if left {
			handed++
		}
		f.size.Add(-1)
		l.back <- struct{}{}
	}
	clear(f.lanes[len(kept):])
	f.lanes = kept
	f.hub.bytesOut.Add(int64(sent))
	f.hub.sends.Add(int64(sends))
	f.hub.handedBack.Add(int64(handed))
	f.cut = nil // pins no segment while nothing comes
}

// send gives a viewer the next ranges until he has everything: so many bytes, in
// so many sends. It says whether he may stay.
func (f *fan) send(l *lane) (sent, sends int, stays bool) {
	if len(l.restBody) > 0 && !l.leaves.Load() {
		sent, sends = l.retry(), 1
		if len(l.restBody) > 0 {
			return sent, sends, l.patient()
		}
	}
	for !l.leaves.Load() {
		chunk, wait, err := l.viewer.poll()
		if wait != nil && err == nil {
			return sent, sends, true
		}
		if err != nil || chunk.First != nil {
			l.chunk = chunk // begins anew, or ends: not here
			return sent, sends, false
		}
		f.wrap(l.framing, chunk.Body)
		n := l.try(f.frame[l.framing], chunk.Body, f.whole[l.framing])
		sent, sends = sent+n, sends+1
		if n < len(chunk.Body) {
			return sent, sends, l.patient()
		}
		if l.viewer.cursor.Waits() {
			return sent, sends, true // without asking for more that is not there
		}
	}
	return sent, sends, false
}

// copyFrom is how many viewers make it cheaper to copy a range once, behind its
// framing, than to let every send gather the two; copyUpTo is how long a range
// may be for that, in bytes.
const (
	copyFrom = 4
	copyUpTo = 256 << 10
)

// wrap prepares the framing of a range. Everybody who is up to date is sent the
// same range, so this is done once for all.
func (f *fan) wrap(kind framing, body []byte) {
	if len(f.cut) != len(body) || &f.cut[0] != &body[0] {
		f.cut = body
		for i := range f.whole {
			f.whole[i] = f.whole[i][:0]
			f.frame[i] = framing(i).open(f.frame[i][:0], true, len(body))
		}
	}
	if len(f.whole[kind]) == 0 && len(f.lanes) >= copyFrom && len(body) <= copyUpTo && kind != framePlain {
		f.whole[kind] = append(append(f.whole[kind], f.frame[kind]...), body...)
	}
}
