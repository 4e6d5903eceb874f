//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"synctv/internal/live/flv"
	"synctv/test/outside"
)

// serveFloor sends the show with no server around it: what the same bytes in
// the same pieces cost at least. Patterns: "frame" is a bare non-blocking
// system call per viewer and picture (with -merge: per window), from one
// goroutine; "vector" the same with a second, tiny piece as chunked HTTP needs;
// "goframe" and "gotag" a goroutine per viewer that writes each picture or each
// tag to its connection; "blast" as many sends to one socket as there are
// viewers, at each picture.
func serveFloor(ctx context.Context, o options) error {
	ln, err := listenLoopback()
	if err != nil {
		return err
	}
	feed, err := listenLoopback()
	if err != nil {
		return err
	}
	if err := announce(ln, feed); err != nil {
		return err
	}
	ctx, cancel := untilInputEnds(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { ln.Close(); feed.Close() })
	defer stop()
	f := &floor{pattern: o.pattern, merge: o.merge, viewers: o.viewers, latest: newPiece()}
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { f.play(ctx, feed) })
	for {
		conn, err := ln.Accept()
		if err != nil {
			return nil // the end
		}
		f.admit(ctx, conn.(*net.TCPConn), &work)
	}
}

// piece is bytes to send, and where the next piece will be.
type piece struct {
	bytes []byte
	next  *piece
	ready chan struct{}
}

func newPiece() *piece { return &piece{ready: make(chan struct{})} }

type floor struct {
	pattern string
	merge   time.Duration
	viewers int // of pattern blast

	mu     sync.Mutex // guards what follows
	conns  []*bareConn
	latest *piece
	gop    []byte // everything since the last key frame
}

// bareConn is a socket that sends without waiting.
type bareConn struct {
	conn *net.TCPConn // kept open: the descriptor is its
	fd   uintptr
	err  error

	frame []byte // of pattern vector
	vec   [2]syscall.Iovec
	msg   syscall.Msghdr
}

var errShort = errors.New("floor: a socket is full")

func (f *floor) admit(ctx context.Context, conn *net.TCPConn, work *sync.WaitGroup) {
	_ = conn.SetWriteBuffer(4 << 20)
	var request [256]byte
	_, _ = conn.Read(request[:])
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.pattern {
	case "gotag", "goframe":
		begin, next := slices.Clone(f.gop), f.latest
		work.Go(func() { follow(ctx, conn, begin, next) })
	case "blast":
		work.Go(func() { blast(ctx, conn, f.viewers) })
	default:
		raw, err := conn.SyscallConn()
		if err != nil {
			return
		}
		c := &bareConn{conn: conn}
		if raw.Control(func(fd uintptr) { c.fd = fd }) != nil {
			return
		}
		if len(f.gop) > 0 {
			c.send(f.gop)
		}
		f.conns = append(f.conns, c)
	}
}

func follow(ctx context.Context, conn net.Conn, begin []byte, next *piece) {
	defer conn.Close()
	_, err := conn.Write(begin)
	for err == nil {
		select {
		case <-next.ready:
			_, err = conn.Write(next.bytes)
			next = next.next
		case <-ctx.Done():
			return
		}
	}
}

// blastFor is how long a blast lasts.
const blastFor = 4 * time.Second

// blast sends each picture so many times to one socket, in the rhythm of the
// show (a core that rests between pictures is slower at each), and says what one
// send cost.
func blast(ctx context.Context, conn net.Conn, times int) {
	defer conn.Close()
	range1 := flv.AppendTag(nil, flv.Video, 0, picture(false, frameBytes))
	before, n := outside.CPU(os.Getpid()).Seconds(), 0
	for begun := time.Now(); time.Since(begun) < blastFor && ctx.Err() == nil; {
		for range times {
			if _, err := conn.Write(range1); err != nil {
				return
			}
			n++
		}
		rest(ctx, time.Until(begun.Add(time.Duration(n/times)*time.Second/frameRate)))
	}
	fmt.Println((outside.CPU(os.Getpid()).Seconds() - before) / float64(n) * 1e6)
}

func (c *bareConn) send(b []byte) {
	n, _, e := syscall.RawSyscall6(syscall.SYS_SENDTO, c.fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
	c.done(n, e, len(b))
}

// sendVector sends a little framing and the bytes with one call.
func (c *bareConn) sendVector(b []byte) {
	c.frame = flv.AppendTag(c.frame[:0], flv.Script, 0, nil) // about as long as a chunk's framing
	c.vec[0] = syscall.Iovec{Base: &c.frame[0], Len: uint64(len(c.frame))}
	c.vec[1] = syscall.Iovec{Base: &b[0], Len: uint64(len(b))}
	c.msg = syscall.Msghdr{Iov: &c.vec[0], Iovlen: 2}
	n, _, e := syscall.RawSyscall(syscall.SYS_SENDMSG, c.fd, uintptr(unsafe.Pointer(&c.msg)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
	c.done(n, e, len(c.frame)+len(b))
}

func (c *bareConn) done(n uintptr, e syscall.Errno, want int) {
	switch {
	case e != 0:
		c.err = e
	case int(n) < want:
		c.err = errShort
	}
}

// play takes the show as bare FLV tags from the same publisher that feeds the
// relay, and hands it out piece by piece.
func (f *floor) play(ctx context.Context, feed net.Listener) {
	conn, err := feed.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	in := flv.NewReader(quietly(conn.(*net.TCPConn)), 0)
	var pending []byte
	for sent := time.Now(); ; {
		tag, err := in.Next()
		if err != nil {
			return // the end
		}
		key := tag.Type == flv.Video && tag.Payload[0] == 0x17
		pending = flv.AppendTag(pending, tag.Type, tag.DTS, tag.Payload)
		// A picture a hair before the window ends goes with it, or the floor would
		// send more seldom than the relay, whose window ends by a clock.
		whole := f.pattern == "gotag" || tag.Type == flv.Video && time.Since(sent) >= f.merge-time.Second/frameRate/2
		if !whole {
			continue
		}
		sent = time.Now()
		f.hand(pending, key)
		pending = nil // readers keep it
	}
}

// quietReader reads by system calls the scheduler does not hear of, as the
// relay does: with plain reads this floor costs 40 % more.
type quietReader struct {
	raw syscall.RawConn
	err error
}

func quietly(conn *net.TCPConn) io.Reader {
	raw, err := conn.SyscallConn()
	return &quietReader{raw, err}
}

// Read implements io.Reader.
func (r *quietReader) Read(b []byte) (n int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	err = r.raw.Read(func(fd uintptr) bool {
		got, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd,
			uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_DONTWAIT, 0, 0)
		n = int(got)
		if errno != 0 {
			n, r.err = 0, errno
		}
		return errno != syscall.EAGAIN
	})
	if n > 0 {
		r.err = nil
		return n, nil
	}
	return 0, errors.Join(io.EOF, err)
}

// hand gives a piece to everybody.
func (f *floor) hand(b []byte, key bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if key {
		f.gop = nil
	}
	f.gop = append(f.gop, b...)
	p := f.latest
	p.bytes, p.next = b, newPiece()
	f.latest = p.next
	close(p.ready)
	gone := false
	for _, c := range f.conns {
		if f.pattern == "vector" {
			c.sendVector(b)
		} else {
			c.send(b)
		}
		gone = gone || c.err != nil
	}
	if gone {
		f.conns = slices.DeleteFunc(f.conns, func(c *bareConn) bool { return c.err != nil })
	}
}
