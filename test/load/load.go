//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp/rtmptest"
	"synctv/test/outside"
)

// result is what one measurement found.
type result struct {
	Viewers  int
	CPU      float64 // seconds of the server while measuring
	Waited   float64 // seconds the server's threads waited for the core
	Gbit     float64 // delivered while measuring
	P50, P99 float64 // of delivery, ms
	Max      float64
	FirstP50 float64 // of the first key frame after connecting, ms
	FirstP99 float64
	RSSIdle  int64 // bytes, with the stream running and nobody watching
	RSS      int64 // at the end
	Kernel   int64 // bytes of socket buffers, of the whole machine
	LeftOut  int   // seconds whose delays do not count: the host took the machine away
	Missing  int   // pictures that somebody did not get
	Gaps     int   // of them: resumed at a key frame
	Broken   int   // of them: resumed elsewhere
	Closed   int   // viewers whose connection the server ended
	Slow     outcome
}

// outcome is what became of viewers that were slow on purpose.
type outcome struct{ Viewers, Gaps, Broken, Closed int }

// add takes another turn of the same along: what was spent, delivered and
// missed in both, the worse of the rest.
func (r *result) add(t result) {
	r.CPU, r.Waited, r.Gbit = r.CPU+t.CPU, r.Waited+t.Waited, r.Gbit+t.Gbit
	r.LeftOut, r.Missing, r.Closed = r.LeftOut+t.LeftOut, r.Missing+t.Missing, r.Closed+t.Closed
	r.P50, r.P99, r.FirstP99 = max(r.P50, t.P50), max(r.P99, t.P99), max(r.FirstP99, t.FirstP99)
	r.RSS, r.RSSIdle = max(r.RSS, t.RSS), max(r.RSSIdle, t.RSSIdle)
}

// perViewer is the memory above that without viewers, KB for each.
func (r result) perViewer(n int) float64 { return float64(r.RSS-r.RSSIdle) / 1024 / float64(n) }

func (r result) perGbit() float64 { return r.CPU / max(r.Gbit, 1e-9) }

// load publishes and watches, and writes its result to standard output.
func load(ctx context.Context, o options) error {
	ctx, cancel := context.WithCancel(ctx)
	var publishing sync.WaitGroup
	defer publishing.Wait()
	defer cancel()
	if o.feed != "" {
		on := make(chan error, 1)
		publishing.Go(func() { on <- publish(ctx, o.feed, o.shape, on) })
		if err := <-on; err != nil {
			return err
		}
		// A joiner needs a key frame and some of what follows it.
		rest(ctx, 500*time.Millisecond)
	}
	a, err := newAudience(o)
	if err != nil {
		return err
	}
	defer a.close()
	res, err := a.perform(ctx, o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(res)
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// publish sends the show in real time until ctx ends; on gets nil once it is
// on air.
func publish(ctx context.Context, target string, of shape, on chan<- error) error {
	p, err := dialPublisher(ctx, target)
	if err != nil {
		return err
	}
	defer p.Abort()
	for _, h := range headerTags() {
		if err := p.Write(h.Type, 0, h.Payload); err != nil {
			return err
		}
	}
	s, start := newShow(of), time.Now()
	on <- nil
	for ctx.Err() == nil {
		t, due, payload := s.next()
		rest(ctx, time.Until(start.Add(due)))
		if t == flv.Video {
			stamp(payload)
		}
		if err := p.Write(t, uint32(due/time.Millisecond), payload); err != nil {
			return err
		}
	}
	return nil
}

// publisher takes tags to a server: by RTMP, or bare for a floor.
type publisher interface {
	Write(t flv.Type, dts uint32, payload []byte) error
	Abort()
}

func dialPublisher(ctx context.Context, target string) (publisher, error) {
	if strings.HasPrefix(target, "rtmp:") {
		return rtmptest.Publish(ctx, target)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", target)
	if err != nil {
		return nil, err
	}
	_, err = conn.Write(flv.AppendFileHeader(nil, true, true))
	return &barePublisher{conn: conn}, err
}

type barePublisher struct {
	conn net.Conn
	buf  []byte
}

func (p *barePublisher) Write(t flv.Type, dts uint32, payload []byte) error {
	p.buf = flv.AppendTag(p.buf[:0], t, dts, payload)
	_, err := p.conn.Write(p.buf)
	return err
}

func (p *barePublisher) Abort() { p.conn.Close() }

// audience is the viewers, all read by one goroutine through epoll: cheap
// enough to share a core with the publisher at a thousand viewers.
type audience struct {
	o         options
	to        unix.Sockaddr
	poll      int
	conns     map[int32]*viewer
	measuring atomic.Bool
	buf       []byte
}

type viewer struct {
	watcher
	fd    int
	lazy  bool // slow on purpose
	blind bool // takes what comes and does not look at it
	ended bool
	kept  int // of the watcher's latencies
}

func newAudience(o options) (*audience, error) {
	to, err := netip.ParseAddrPort(o.addr)
	if err != nil {
		return nil, err
	}
	a := &audience{o: o, conns: make(map[int32]*viewer), buf: make([]byte, 256<<10)}
	a.to = &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	a.poll, err = unix.EpollCreate1(0)
	return a, err
}

func (a *audience) close() {
	for _, v := range a.conns {
		_ = unix.Close(v.fd)
	}
	_ = unix.Close(a.poll)
}

// join connects one viewer.
func (a *audience) join(lazy bool) (*viewer, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	if lazy {
		// A slow line has no buffer of megabytes at its end.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 16<<10)
	}
	v := &viewer{fd: fd, lazy: lazy}
	v.plain = !a.o.http
	v.begun = monotonic()
	err = unix.Connect(fd, a.to)
	if err == nil {
		_, err = unix.Write(fd, []byte("GET /show HTTP/1.1\r\nHost: load\r\n\r\n"))
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err == nil && !lazy {
		err = unix.EpollCtl(a.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("viewer: %w", err)
	}
	a.conns[int32(fd)] = v
	return v, nil
}

// listen reads what arrives until the deadline.
func (a *audience) listen(ctx context.Context, until time.Time) error {
	events := make([]unix.EpollEvent, 256)
	for ctx.Err() == nil && time.Now().Before(until) {
		n, err := unix.EpollWait(a.poll, events, 20)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			if err := a.read(a.conns[e.Fd], a.buf); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (a *audience) read(v *viewer, buf []byte) error {
	if v.blind {
		return a.discard(v, buf)
	}
	n, err := unix.Read(v.fd, buf)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil
	case err != nil || n <= 0:
		v.ended = true
		_ = unix.EpollCtl(a.poll, unix.EPOLL_CTL_DEL, v.fd, nil)
		return nil //nolint:nilerr // the end of this viewer, which is counted
	}
	return v.take(buf[:n], monotonic(), a.measuring.Load() && !v.lazy)
}

// discard takes what is there without having it copied.
func (a *audience) discard(v *viewer, buf []byte) error {
	n, _, err := unix.Recvfrom(v.fd, buf, unix.MSG_TRUNC)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
	case err != nil || n <= 0:
		v.ended = true
		return unix.EpollCtl(a.poll, unix.EPOLL_CTL_DEL, v.fd, nil)
	default:
		v.bytes += int64(n)
	}
	return nil
}

// perform is one measurement: everybody joins, settles, and is measured.
func (a *audience) perform(ctx context.Context, o options) (result, error) {
	res := result{Viewers: o.viewers, RSSIdle: outside.Resident(o.pid)}
	if err := a.fill(ctx, o); err != nil {
		return res, err
	}
	lazy := a.startLazy(ctx, o)
	defer lazy.Wait()
	if err := a.listen(ctx, time.Now().Add(o.warmup)); err != nil {
		return res, err
	}
	before, cpu, wait := a.total(), outside.CPU(o.pid).Seconds(), outside.RunDelay(o.pid)
	a.measuring.Store(true)
	for begun := time.Now(); time.Since(begun) < o.measure; {
		stolen := outside.Stolen()
		if err := a.listen(ctx, time.Now().Add(min(time.Second, o.measure-time.Since(begun)))); err != nil {
			return res, err
		}
		if whole := outside.Stolen()-stolen <= mostStolen; !a.keep(whole) {
			res.LeftOut++
		}
	}
	a.measuring.Store(false)
	res.CPU, res.Waited = outside.CPU(o.pid).Seconds()-cpu, outside.RunDelay(o.pid)-wait
	res.Gbit = float64(a.total()-before) * 8 / 1e9
	res.RSS, res.Kernel = outside.Resident(o.pid), outside.SocketMemory()
	lazy.Wait()
	a.judgeViewers(&res)
	return res, nil
}

// fill lets everybody join: one after the other while the others watch, or all
// at once.
func (a *audience) fill(ctx context.Context, o options) error {
	for i := range o.viewers {
		v, err := a.join(i < o.slow+o.stalled)
		if err != nil {
			return err
		}
		v.blind = i >= o.viewers-o.blind
		if o.storm || i%10 != 9 {
			continue
		}
		if err := a.listen(ctx, time.Now().Add(2*time.Millisecond)); err != nil {
			return err
		}
	}
	return nil
}

// mostStolen is how much of a second the machine's host may take before the
// delays of that second say nothing.
const mostStolen = 10 * time.Millisecond

// keep takes or forgets the delays noted since the last call.
func (a *audience) keep(whole bool) bool {
	for _, v := range a.conns {
		switch {
		case v.lazy, v.blind: // nobody asks
		case whole:
			v.kept = len(v.latency)
		default:
			v.latency = v.latency[:v.kept]
		}
	}
	return whole
}

func (a *audience) total() (n int64) {
	for _, v := range a.conns {
		n += v.bytes
	}
	return n
}

func (a *audience) judgeViewers(res *result) {
	var latency, first []float32
	for _, v := range a.conns {
		if v.lazy {
			res.Slow.Viewers++
			res.Slow.Gaps += v.gaps
			res.Slow.Broken += v.broken
			if v.ended {
				res.Slow.Closed++
			}
			continue
		}
		if v.blind {
			if v.ended {
				res.Closed++
			}
			continue
		}
		latency = append(latency, v.latency...)
		if v.first > 0 {
			first = append(first, float32(v.first-v.begun)/1e6)
		} else {
			res.Missing++
		}
		if v.ended {
			res.Closed++
		}
		res.Gaps += v.gaps
		res.Broken += v.broken
		res.Missing += v.gaps
	}
	res.P50, res.P99, res.Max = percentile(latency, 50), percentile(latency, 99), percentile(latency, 100)
	res.FirstP50, res.FirstP99 = percentile(first, 50), percentile(first, 99)
}

// percentile sorts its argument.
func percentile(v []float32, p int) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return float64(v[min(len(v)-1, len(v)*p/100)])
}

func listenLoopback() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
