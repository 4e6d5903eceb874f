package outside

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Crowd is many open sockets and what they hear of playback events. One
// goroutine reads all of them by epoll: a thousand reading goroutines would
// keep the load's core so busy that their own waiting would be measured.
type Crowd struct {
	// Spin never sleeps: a server on another core does not pay for waking the
	// crowd at each of its messages, which real members, elsewhere, do not cost
	// it either. Without it the crowd leaves its core to others.
	Spin bool
	// Heard is told each event by its number, on the reading goroutine.
	Heard func(number int, when time.Time)

	epoll int
	ends  []*end
	wg    sync.WaitGroup
	over  atomic.Bool
	lost  int // sockets that ended before Close; owned by the reading goroutine
}

// end is one socket after its handshake.
type end struct {
	fd    int // does not block
	lines Lines
}

// Join opens a socket; all of them before Listen.
func (c *Crowd) Join(ctx context.Context, addr, room, token string) error {
	if c.ends == nil {
		epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
		if err != nil {
			return err
		}
		c.epoll = epoll
	}
	w, err := Dial(ctx, addr, room, token)
	if err != nil {
		return err
	}
	fd, early, err := w.Take()
	if err != nil {
		return err
	}
	c.ends = append(c.ends, &end{fd: fd, lines: NewLines(early)})
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(len(c.ends) - 1)} //nolint:gosec // a few thousand
	return syscall.EpollCtl(c.epoll, syscall.EPOLL_CTL_ADD, fd, &event)
}

// Size is how many have joined.
func (c *Crowd) Size() int { return len(c.ends) }

// Listen serves every socket until Close.
func (c *Crowd) Listen() { c.wg.Go(c.read) }

// sleepMS is how long a crowd that does not spin waits for a message before it
// looks whether it is over.
const sleepMS = 50

func (c *Crowd) read() {
	runtime.LockOSThread()
	ready := make([]syscall.EpollEvent, 256)
	buf := make([]byte, 64<<10)
	wait := sleepMS
	if c.Spin {
		wait = 0
	}
	for !c.over.Load() {
		n, err := syscall.EpollWait(c.epoll, ready, wait)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return
		}
		for _, r := range ready[:max(n, 0)] {
			e := c.ends[r.Fd]
			got, err := syscall.Read(e.fd, buf)
			switch {
			case errors.Is(err, syscall.EAGAIN):
			case err != nil || got == 0:
				c.lost++
				_ = syscall.EpollCtl(c.epoll, syscall.EPOLL_CTL_DEL, e.fd, nil)
			default:
				e.lines.Take(buf[:got], func(line []byte) { c.line(e, line) })
			}
		}
	}
}

// line answers pings of the event protocol and tells of playback events.
func (c *Crowd) line(e *end, line []byte) {
	if string(line) == "{}" {
		_, _ = syscall.Write(e.fd, []byte(Pong))
		return
	}
	if n, ok := EventNumber(line); ok {
		c.Heard(n, time.Now())
	}
}

// Close ends all sockets and tells how many had ended before.
func (c *Crowd) Close() (lost int) {
	if c.over.Swap(true) {
		return c.lost
	}
	c.wg.Wait()
	for _, e := range c.ends {
		_ = syscall.Close(e.fd)
	}
	if c.ends != nil {
		_ = syscall.Close(c.epoll)
	}
	return c.lost
}
