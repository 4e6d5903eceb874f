package live

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"synctv/internal/live/streamlog"
)

// lane is one viewer's way between the fan and his own goroutine. Its fields
// belong to whoever has it: fan.add gives them away, a token in back returns
// them.
type lane struct {
	viewer  *Viewer
	sender  sender
	framing framing
	leaves  atomic.Bool // asks the fan to hand the viewer back

	out   *bareSink
	chunk streamlog.Chunk // what was to be sent next, when handed back
	back  chan struct{}   // one token

	// What a socket did not take. The framing is the lane's copy, the body the
	// log's own bytes.
	restFrame, restBody []byte
	full                time.Time // since when, if tries is not 0
	tries               int       // that did not empty it
}

// newLane makes a lane for connections that can be sent to without waiting;
// nil for others.
func newLane(v *Viewer, out sink) *lane {
	bare, ok := out.(*bareSink)
	if !ok {
		return nil
	}
	tcp, ok := bare.conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	l := &lane{viewer: v, out: bare, framing: bare.framing, back: make(chan struct{}, 1)}
	if !l.sender.init(tcp) {
		return nil
	}
	return l
}

// keep notes that a socket took so many bytes of frame and body, keeps the rest
// in the lane, and says how many of body they were.
func (l *lane) keep(n int, frame, body []byte) int {
	framed := min(n, len(frame))
	l.restFrame = append(l.restFrame[:0], frame[framed:]...)
	l.restBody = body[n-framed:]
	if len(l.restBody) == 0 {
		l.restBody, l.tries = nil, 0 // pins no segment
	}
	return n - framed
}

// retry sends what was left before, and says how much of body the socket took.
func (l *lane) retry() int {
	n := l.sender.try(l.restFrame, l.restBody, nil)
	return l.keep(n, l.restFrame, l.restBody)
}

// patient says, after a socket did not take everything, whether to wait for it
// here.
func (l *lane) patient() bool {
	if l.tries == 0 {
		l.full = time.Now()
	}
	l.tries++
	return l.tries <= 2 || time.Since(l.full) < patience
}

// ride lets the fan send until it hands the viewer back, and says whether that
// was for something left in the lane; if not, the stream or ctx ended.
func (l *lane) ride(ctx context.Context, f *fan) (left bool) {
	l.out.deadline.pause()
	if !f.add(l) {
		return false
	}
	select {
	case <-l.back:
	case <-ctx.Done():
		l.leaves.Store(true)
		f.leaving.Store(true)
		signal(f.wake)
		<-l.back
		return false
	}
	return len(l.restBody) > 0
}

// finish writes what the fan could not send, waiting as long as the viewer
// makes progress, and says how many bytes of the log that were.
func (l *lane) finish() (int, error) {
	frame, body := l.restFrame, l.restBody
	l.restBody, l.tries = nil, 0
	if len(body) == 0 {
		return 0, nil
	}
	n, err := l.out.send(frame, body)
	return max(0, n-len(frame)), err
}
