package realtime

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/felixge/httpsnoop"
)

// lane is the connection under one socket, with two ways in. The library
// writes through Write, from its own goroutine of that socket. Whole frames for
// everybody go in by offer, which never waits: what the kernel does not take is
// kept, in order and without a copy, and goes out behind the rest.
//
// A thousand sockets then cost a thousand sends and no wake-ups of goroutines.
type lane struct {
	*net.TCPConn
	raw syscall.RawConn
	try attempt // belongs to whoever has taken the lane

	opened atomic.Bool  // the handshake is out: all that follows are frames
	until  atomic.Int64 // write deadline of the library, Unix ns; 0: none

	mu      sync.Mutex
	turn    sync.Cond // of mu: taken may be false now
	taken   bool      // guarded by mu; somebody writes, or is inside a frame
	inside  frameEnd  // of the library's frame; belongs to whoever has taken
	waiting [][]byte  // guarded by mu; frames to go out, oldest first
	size    int       // guarded by mu; bytes of waiting
	err     error     // guarded by mu; why nothing goes out any more
	stuck   func()    // guarded by mu; ends the socket of somebody who does not read

	flushes *sync.WaitGroup // of the node: goroutines that empty a lane
}

type laneKey struct{}

// laned lets the library take over a lane instead of the bare connection, and
// puts it where whoever comes later finds it. Over TLS there is none: the
// library does all.
func laned(w http.ResponseWriter, r *http.Request, flushes *sync.WaitGroup) (http.ResponseWriter, *http.Request) {
	slot := new(*lane)
	hooked := httpsnoop.Wrap(w, httpsnoop.Hooks{Hijack: func(next httpsnoop.HijackFunc) httpsnoop.HijackFunc {
		return func() (net.Conn, *bufio.ReadWriter, error) {
			conn, rw, err := next()
			if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
				if *slot = newLane(tcp, flushes); *slot != nil {
					conn = *slot
				}
			}
			return conn, rw, err
		}
	}})
	return hooked, r.WithContext(context.WithValue(r.Context(), laneKey{}, slot))
}

// laneOf gives the lane under a socket, or nil when its frames would be other
// ones than everybody's.
func laneOf(c *centrifuge.Client) *lane {
	slot, ok := c.Context().Value(laneKey{}).(**lane)
	if !ok || *slot == nil || c.Transport().Protocol() != centrifuge.ProtocolTypeJSON {
		return nil
	}
	l := *slot
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stuck = func() { c.Disconnect(centrifuge.DisconnectSlow) }
	return l
}

func newLane(tcp *net.TCPConn, flushes *sync.WaitGroup) *lane {
	raw, err := tcp.SyscallConn()
	if err != nil || !canTry {
		return nil
	}
	l := &lane{TCPConn: tcp, raw: raw, flushes: flushes}
	l.turn.L = &l.mu
	l.try.init()
	return l
}

// RFC 6455 §5.2.
const (
	opcode  = 0x0f
	opText  = 0x1
	opClose = 0x8
)

// errEnded is the end that was said with a close frame.
var errEnded = errors.New("the socket was closed")

// SetWriteDeadline is for the library, which sets one around each write. It
// reaches the kernel's timers only when a write has to wait.
func (l *lane) SetWriteDeadline(t time.Time) error {
	if !l.opened.Load() {
		return l.TCPConn.SetWriteDeadline(t)
	}
	if t.IsZero() {
		l.until.Store(0)
	} else {
		l.until.Store(t.UnixNano())
	}
	return nil
}

// Write is for the library. It waits for its turn, and keeps it until the frame
// it has begun is whole.
func (l *lane) Write(p []byte) (int, error) {
	if !l.opened.Load() { // the answer to the handshake
		n, err := l.TCPConn.Write(p)
		l.opened.Store(err == nil)
		return n, err
	}
	if !l.inside.open() {
		l.mu.Lock()
		for l.taken && l.err == nil {
			l.turn.Wait()
		}
		err := l.err
		l.taken = l.taken || err == nil
		if err == nil && len(p) > 0 && p[0]&opcode == opClose {
			l.err = errEnded // a browser takes nothing behind a close, and says so
		}
		l.mu.Unlock()
		if err != nil {
			return 0, err
		}
	}
	n, err := l.put(p, l.until.Load())
	l.inside.pass(p[:n])
	switch {
	case err != nil:
		l.fail(err)
	case !l.inside.open():
		l.empty()
	}
	return n, err
}

// put writes all of p: at once if the kernel takes it, else waiting until a
// deadline in Unix ns (0: none).
func (l *lane) put(p []byte, until int64) (int, error) {
	n := l.try.write(l.raw, p)
	if n == len(p) {
		return n, nil
	}
	var at time.Time
	if until != 0 {
		at = time.Unix(0, until)
	}
	if err := l.TCPConn.SetWriteDeadline(at); err != nil {
		return n, err
	}
	more, err := l.TCPConn.Write(p[n:])
	if err == nil {
		err = l.TCPConn.SetWriteDeadline(time.Time{})
	}
	return n + more, err
}

// errStuck ends a lane whose other end does not read.
var errStuck = errors.New("too much waits for this socket")

// offer sends a whole frame, now or as soon as the socket takes it. It never
// waits. Who has more waiting than a socket may have is cut: they do not read.
func (l *lane) offer(frame []byte) {
	l.mu.Lock()
	switch {
	case l.err != nil: // it ends already
		l.mu.Unlock()
		return
	case l.taken && l.size+len(frame) > clientQueueBytes:
		l.mu.Unlock()
		l.fail(errStuck)
		return
	case l.taken:
		l.waiting = append(l.waiting, frame)
		l.size += len(frame)
		l.mu.Unlock()
		return
	}
	l.taken = true
	l.mu.Unlock()
	n := l.try.write(l.raw, frame)
	if n == len(frame) && l.leave() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if rest := frame[n:]; len(rest) > 0 {
		l.waiting = slices.Insert(l.waiting, 0, rest)
		l.size += len(rest)
	}
	l.flushes.Go(l.empty)
}

// leave gives the lane back unless something waits.
func (l *lane) leave() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) > 0 {
		return false
	}
	l.taken = false
	l.turn.Signal()
	return true
}

// empty writes what waits and gives the lane back. The deadline of each bound
// how long it may last.
func (l *lane) empty() {
	for !l.leave() {
		l.mu.Lock()
		if l.err != nil {
			l.mu.Unlock()
			return
		}
		next := l.waiting[0]
		l.mu.Unlock()
		if _, err := l.put(next, time.Now().Add(writeTimeout).UnixNano()); err != nil {
			l.fail(err)
			return
		}
		l.mu.Lock()
		if l.err == nil {
			l.waiting[0] = nil
			l.waiting = l.waiting[1:]
			l.size -= len(next)
		}
		l.mu.Unlock()
	}
}

// fail ends the lane: a frame may be half out. The library's next write fails,
// or its reader sees that the connection is gone; who does not read is cut by
// name.
func (l *lane) fail(err error) {
	l.mu.Lock()
	stuck := l.stuck
	if l.err != nil {
		stuck = nil
	}
	l.err, l.taken, l.waiting, l.size = err, false, nil, 0
	l.turn.Broadcast()
	l.mu.Unlock()
	if stuck != nil && (errors.Is(err, errStuck) || errors.Is(err, os.ErrDeadlineExceeded)) {
		stuck()
	}
}

// frameEnd follows the frames of a WebSocket from a server (RFC 6455 §5.2, no
// masks): it knows whether the bytes so far end with a whole one.
type frameEnd struct {
	head []byte // of a frame that has begun, as long as its length is not known
	left int    // bytes still to come
}

func (f *frameEnd) open() bool { return f.left > 0 || len(f.head) > 0 }

// pass takes in what was written.
func (f *frameEnd) pass(p []byte) {
	for len(p) > 0 {
		if f.left > 0 {
			n := min(f.left, len(p))
			f.left -= n
			p = p[n:]
			continue
		}
		f.head = append(f.head, p[0])
		p = p[1:]
		if len(f.head) < 2 {
			continue
		}
		size, more := int(f.head[1]&0x7f), 0
		switch size {
		case 126:
			more = 2
		case 127:
			more = 8
		}
		if len(f.head) < 2+more {
			continue
		}
		if more > 0 {
			size = 0
			for _, b := range f.head[2:] {
				size = size<<8 | int(b)
			}
		}
		f.left, f.head = size, f.head[:0]
	}
}

// appendFrame makes a text frame, never masked.
func appendFrame(dst, text []byte) []byte {
	const whole = 0x80
	dst = append(dst, whole|opText)
	switch n := len(text); {
	case n < 126:
		dst = append(dst, byte(n))
	case n < 1<<16:
		dst = append(dst, 126, byte(n>>8), byte(n)) //nolint:gosec // the two bytes
	default:
		dst = append(dst, 127)
		for shift := 56; shift >= 0; shift -= 8 {
			dst = append(dst, byte(n>>shift)) //nolint:gosec // one byte at a time
		}
	}
	return append(dst, text...)
}
