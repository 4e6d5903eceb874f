//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"synctv/test/outside"
)

// crowd is the room's open sockets. When an event reached one is the kernel's
// own note at the arriving packet (SO_TIMESTAMPING), made while the sender
// sends: how late this program gets its turn beside the attacker is not
// measured.
type crowd struct {
	epoll   int
	ends    []*end
	reading sync.WaitGroup
	over    atomic.Bool
	sent    []atomic.Int64 // by event number: when its command was sent, ns

	mu   sync.Mutex
	late []arrival // guarded by mu
}

// arrival is one event at one socket.
type arrival struct {
	event int
	after time.Duration
}

// end is one socket after its handshake.
type end struct {
	fd    int
	lines outside.Lines
}

// From linux/net_tstamp.h: note packets in software, and tell.
const (
	soTimestamping  = 37
	notesOfSoftware = 1<<3 | 1<<4
)

// mostEvents of a run.
const mostEvents = 1 << 16

func openCrowd(ctx context.Context, s *server, room string, tokens []string, n int) (*crowd, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	c := &crowd{epoll: epoll, sent: make([]atomic.Int64, mostEvents)}
	for i := range n {
		w, err := outside.Dial(ctx, s.addr, room, tokens[i%len(tokens)])
		if err != nil {
			return nil, fmt.Errorf("socket %d: %w", i, err)
		}
		fd, early, err := w.Take()
		if err != nil {
			return nil, err
		}
		c.ends = append(c.ends, &end{fd: fd, lines: outside.NewLines(early)})
		if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soTimestamping, notesOfSoftware); err != nil {
			return nil, fmt.Errorf("SO_TIMESTAMPING: %w", err)
		}
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)} //nolint:gosec // a few thousand
		if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
			return nil, err
		}
	}
	c.reading.Go(c.read)
	return c, nil
}

// read serves every socket until close.
func (c *crowd) read() {
	runtime.LockOSThread()
	ready := make([]syscall.EpollEvent, 256)
	buf, notes := make([]byte, 64<<10), make([]byte, 256)
	for !c.over.Load() {
		n, err := syscall.EpollWait(c.epoll, ready, 100)
		if err != nil && err != syscall.EINTR {
			return
		}
		for _, r := range ready[:max(n, 0)] {
			e := c.ends[r.Fd]
			got, noted, _, _, err := syscall.Recvmsg(e.fd, buf, notes, 0)
			switch {
			case err == syscall.EAGAIN:
			case err != nil || got == 0:
				_ = syscall.EpollCtl(c.epoll, syscall.EPOLL_CTL_DEL, e.fd, nil) // its events will be missing
			default:
				at := arrivedAt(notes[:noted])
				e.lines.Take(buf[:got], func(line []byte) { c.line(e, line, at) })
			}
		}
	}
}

// arrivedAt reads the kernel's note, ns since the epoch; 0: there is none.
func arrivedAt(notes []byte) int64 {
	all, err := syscall.ParseSocketControlMessage(notes)
	if err != nil {
		return 0
	}
	for _, m := range all {
		if m.Header.Type == soTimestamping && len(m.Data) >= 16 {
			seconds, ns := binary.NativeEndian.Uint64(m.Data), binary.NativeEndian.Uint64(m.Data[8:])
			return int64(seconds)*int64(time.Second) + int64(ns) //nolint:gosec // a time of day
		}
	}
	return 0
}

func (c *crowd) line(e *end, line []byte, at int64) {
	if string(line) == "{}" {
		_, _ = syscall.Write(e.fd, []byte(outside.Pong))
		return
	}
	n, ok := outside.EventNumber(line)
	if !ok || n >= len(c.sent) || at == 0 {
		return
	}
	if began := c.sent[n].Load(); began > 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.late = append(c.late, arrival{n, time.Duration(at - began)})
	}
}

// taken gives what arrived since it was asked last.
func (c *crowd) taken() []arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.late
	c.late = nil
	return all
}

func (c *crowd) close() {
	c.over.Store(true)
	c.reading.Wait()
	for _, e := range c.ends {
		_ = syscall.Close(e.fd)
	}
	_ = syscall.Close(c.epoll)
}
