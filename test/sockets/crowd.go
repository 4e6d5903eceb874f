package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"synctv/test/outside"
)

// crowd is the open sockets and what they saw. One goroutine reads all of them
// by epoll: a thousand reading goroutines would keep the load's core so busy
// that their own waiting would be measured.
type crowd struct {
	epoll int
	ends  []*end
	wg    sync.WaitGroup
	over  atomic.Bool
	sent  []atomic.Int64 // by event number: when its command was sent, ns

	// Owned by the reading goroutine until wg is done.
	latencies []time.Duration
	first     []time.Duration // by event number: of its first arrival
	lost      int             // sockets that ended before close

	mute *outside.Wire // never reads; nil when not asked for
}

// end is one socket after its handshake.
type end struct {
	fd    int // does not block
	lines outside.Lines
}

func openAll(ctx context.Context, s *server, room string, n int) (*crowd, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	c := &crowd{epoll: epoll, sent: make([]atomic.Int64, 1<<16), first: make([]time.Duration, 1<<16)}
	const people = 10
	tokens := make([]string, people)
	for i := range tokens {
		if tokens[i], err = s.guest(ctx, room, fmt.Sprint("guest ", i)); err != nil {
			return nil, err
		}
	}
	for i := range n {
		w, err := outside.Dial(ctx, s.addr, room, tokens[i%people])
		if err != nil {
			return nil, fmt.Errorf("socket %d: %w", i, err)
		}
		if err := c.add(w); err != nil {
			return nil, fmt.Errorf("socket %d: %w", i, err)
		}
	}
	c.wg.Go(c.read)
	return c, nil
}

// add takes the socket over from the handshake, with what it has read too far.
func (c *crowd) add(w *outside.Wire) error {
	fd, early, err := w.Take()
	if err != nil {
		return err
	}
	c.ends = append(c.ends, &end{fd: fd, lines: outside.NewLines(early)})
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(len(c.ends) - 1)} //nolint:gosec // a few thousand
	return syscall.EpollCtl(c.epoll, syscall.EPOLL_CTL_ADD, fd, &event)
}

// read serves every socket until close. It never sleeps: the server, next to it
// on the same machine, would pay for waking it at each of its messages, which
// real members, elsewhere, do not cost it.
func (c *crowd) read() {
	runtime.LockOSThread()
	ready := make([]syscall.EpollEvent, 256)
	buf := make([]byte, 64<<10)
	for !c.over.Load() {
		n, err := syscall.EpollWait(c.epoll, ready, 0)
		if err != nil && err != syscall.EINTR {
			return
		}
		for _, r := range ready[:max(n, 0)] {
			e := c.ends[r.Fd]
			got, err := syscall.Read(e.fd, buf)
			switch {
			case err == syscall.EAGAIN:
			case err != nil || got == 0:
				c.lost++
				_ = syscall.EpollCtl(c.epoll, syscall.EPOLL_CTL_DEL, e.fd, nil)
			default:
				e.lines.Take(buf[:got], func(line []byte) { c.line(e, line) })
			}
		}
	}
}

// line answers pings of the event protocol and notes the arrival of each
// playback event: its position is its number.
func (c *crowd) line(e *end, line []byte) {
	if string(line) == "{}" {
		_, _ = syscall.Write(e.fd, []byte(outside.Pong))
		return
	}
	n, ok := outside.EventNumber(line)
	if !ok || n >= len(c.sent) {
		return
	}
	if at := c.sent[n].Load(); at > 0 {
		late := time.Duration(time.Now().UnixNano() - at)
		c.latencies = append(c.latencies, late)
		if c.first[n] == 0 {
			c.first[n] = late
		}
	}
}

func (c *crowd) addMute(ctx context.Context, s *server, room string) error {
	token, err := s.guest(ctx, room, "never reads")
	if err != nil {
		return err
	}
	c.mute, err = outside.Dial(ctx, s.addr, room, token)
	return err
}

func (c *crowd) close() {
	if c.over.Swap(true) {
		return
	}
	c.wg.Wait()
	for _, e := range c.ends {
		_ = syscall.Close(e.fd)
	}
	_ = syscall.Close(c.epoll)
	if c.mute != nil {
		c.mute.Close()
	}
}
