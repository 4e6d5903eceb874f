package live

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"synctv/internal/live/streamlog"
)

// fan sends one stream to many viewers from one goroutine, by sends that never
// wait: a goroutine per viewer costs a wake-up per viewer and picture, a third
// of the whole. It holds only viewers who are up to date and whose sockets take
// everything at once, or a moment later. Whoever's does not is handed back, with
// what is left to send, to its own goroutine (Viewer.serve), which may wait, skip
// and give up, and returns the viewer when it has caught up. So nothing here can
// be slow:
//
//	joined ─→ own goroutine ─── up to date ──→ fan: odd ⇄ in step
//	              ↑                                  │
//	              └───── socket full, lost, end ─────┘
//
// Viewers in step have been sent the same bytes and are sent the next range in
// one sweep over their sockets, which touches nothing else of theirs: at a
// thousand viewers every line of memory more is a miss. The odd ones have just
// come, or have something left that their sockets did not take.
//
// When sending to everybody takes longer than a picture lasts, the next sweep
// carries all that has come meanwhile: the merge window grows as far as the core
// needs, and shrinks again. What has grown so may be more than a socket takes at
// once from anybody: were it handed back then, a goroutine for each viewer would
// be woken just when the core is full.
type fan struct {
	hub     *Hub
	stream  *stream
	size    atomic.Int64  // viewers, to choose the emptiest fan
	wake    chan struct{} // one token: somebody joins or must leave
	leaving atomic.Bool   // some lanes are asked to leave

	mu      sync.Mutex // guards what follows
	joining []*lane
	running bool

	// Owned by run.
	odd   []*lane
	step  []place
	pace  streamlog.Cursor // where those in step are
	full  int              // of the odd, with something left that the socket did not take
	tally tally            // of this round
	cut   []byte           // the range everybody gets now
	frame [framings][]byte // its framing, by kind
	whole [framings][]byte // framing and range in one piece, by kind; empty: not made
}

// place is what a send to a viewer in step needs.
type place struct {
	sender  sender
	framing framing
	lane    *lane
}

// tally is what a round came to.
type tally struct{ bytes, sends, handed int64 }

func newFan(h *Hub, s *stream) *fan {
	f := &fan{hub: h, stream: s, wake: make(chan struct{}, 1), pace: *s.log.NewCursor()}
	f.pace.Most = h.limits.Write
	return f
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
		if f.empty() {
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

func (f *fan) empty() bool { return len(f.step)+len(f.odd) == 0 }

// adopt takes in who is joining and says whether anybody is there.
func (f *fan) adopt() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.odd = append(f.odd, f.joining...)
	clear(f.joining)
	f.joining = f.joining[:0]
	f.running = !f.empty()
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
	f.tally = tally{}
	if f.leaving.Swap(false) {
		f.disband() // each is asked
	}
	f.sendOdd()
	if !f.sweep() {
		f.sendOdd()
	}
	f.settle()
	f.hub.bytesOut.Add(f.tally.bytes)
	f.hub.sends.Add(f.tally.sends)
	f.hub.handedBack.Add(f.tally.handed)
	f.cut = nil // pins no segment while nothing comes
}

// sendOdd gives each odd viewer what is new for him, or hands him back.
func (f *fan) sendOdd() {
	kept := f.odd[:0]
	f.full = 0
	for i, l := range f.odd {
		if i%turn == turn-1 {
			runtime.Gosched()
		}
		ok, left := f.send(l), len(l.restBody) > 0
		switch {
		case ok && left:
			f.full++
		case left:
			f.tally.handed++
		}
		if ok {
			kept = append(kept, l)
			continue
		}
		f.size.Add(-1)
		l.back <- struct{}{}
	}
	clear(f.odd[len(kept):])
	f.odd = kept
}

// send gives a viewer the next ranges until he has everything. It says whether
// he may stay.
func (f *fan) send(l *lane) (stays bool) {
	if len(l.restBody) > 0 && !l.leaves.Load() {
		f.took(l.retry())
		if len(l.restBody) > 0 {
			return l.patient()
		}
	}
	for !l.leaves.Load() {
		chunk, wait, err := l.viewer.poll()
		if wait != nil && err == nil {
			return true
		}
		if err != nil || chunk.First != nil {
			l.chunk = chunk // begins anew, or ends: not here
			return false
		}
		f.wrap(l.framing, chunk.Body)
		n := l.sender.try(f.frame[l.framing], chunk.Body, f.whole[l.framing])
		f.took(l.keep(n, f.frame[l.framing], chunk.Body))
		if len(l.restBody) > 0 {
			return l.patient()
		}
		if l.viewer.cursor.Waits() {
			return true // without asking for more that is not there
		}
	}
	return false
}

// took notes a send of so many bytes of the log.
func (f *fan) took(n int) {
	f.tally.bytes += int64(n)
	f.tally.sends++
}

// sweep gives those in step what is new. When that is no more of the same (the
// stream ended, or its window overtook them), it makes all of them odd and says
// no.
func (f *fan) sweep() bool {
	for len(f.step) > 0 {
		was := f.pace
		chunk, wait, err := f.pace.Poll()
		switch {
		case err != nil || chunk.First != nil:
			f.pace = was
			f.disband()
			return false
		case wait != nil:
			return true
		}
		f.sendAll(chunk.Body)
	}
	return true
}

// sendAll sends one range to everybody in step. Whoever's socket does not take
// all of it becomes odd.
func (f *fan) sendAll(body []byte) {
	f.wrap(framePlain, body)
	for i, sent := 0, 0; i < len(f.step); sent++ {
		if sent%turn == turn-1 {
			runtime.Gosched()
		}
		p := &f.step[i]
		if len(f.whole[p.framing]) == 0 {
			f.wrap(p.framing, body)
		}
		n := p.sender.try(f.frame[p.framing], body, f.whole[p.framing])
		if n == len(f.frame[p.framing])+len(body) {
			f.took(len(body))
			i++
			continue
		}
		l := p.lane
		f.took(l.keep(n, f.frame[p.framing], body))
		l.patient()
		f.full++
		f.part(i)
	}
}

// part makes a viewer in step an odd one; the last takes his place.
func (f *fan) part(i int) {
	l, last := f.step[i].lane, len(f.step)-1
	l.viewer.cursor.Join(&f.pace)
	f.odd = append(f.odd, l)
	f.step[i], f.step[last] = f.step[last], place{}
	f.step = f.step[:last]
}

// disband makes everybody odd.
func (f *fan) disband() {
	for len(f.step) > 0 {
		f.part(len(f.step) - 1)
	}
}

// settle takes those into step who have been sent the same; the first of them
// sets the pace if nobody did.
func (f *fan) settle() {
	kept := f.odd[:0]
	for _, l := range f.odd {
		if len(l.restBody) == 0 && len(f.step) == 0 {
			f.pace.Join(&l.viewer.cursor)
		}
		if len(l.restBody) > 0 || !f.pace.With(&l.viewer.cursor) {
			kept = append(kept, l)
			continue
		}
		f.step = append(f.step, place{l.sender, l.framing, l})
	}
	clear(f.odd[len(kept):])
	f.odd = kept
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
	if len(f.whole[kind]) == 0 && len(f.step)+len(f.odd) >= copyFrom && len(body) <= copyUpTo && kind != framePlain {
		f.whole[kind] = append(append(f.whole[kind], f.frame[kind]...), body...)
	}
}
