//go:build linux

package realtime

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// pair is a lane and its other end.
func pair(t *testing.T, flushes *sync.WaitGroup) (*lane, *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	far, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	l := newLane(near.(*net.TCPConn), flushes)
	_ = l.SetWriteBuffer(sendBufferBytes)
	t.Cleanup(func() { _, _ = l.Close(), far.Close() })
	if _, err := l.Write([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	return l, far.(*net.TCPConn)
}

// frames reads whole frames of text until the end.
func frames(t *testing.T, far net.Conn, take func(text string) (more bool)) {
	t.Helper()
	r := bufio.NewReader(far)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == "\r\n" {
			break
		}
	}
	for more := true; more; {
		var head [2]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			t.Fatal(err)
		}
		if head[0] != 0x81 {
			t.Fatalf("a frame begins with %#x", head[0])
		}
		n := int(head[1])
		switch n {
		case 126:
			var b [2]byte
			_, _ = io.ReadFull(r, b[:])
			n = int(binary.BigEndian.Uint16(b[:]))
		case 127:
			var b [8]byte
			_, _ = io.ReadFull(r, b[:])
			n = int(binary.BigEndian.Uint64(b[:]))
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(r, text); err != nil {
			t.Fatal(err)
		}
		more = take(string(text))
	}
}

// TestFramesStayWholeAndInOrder: the library writes its frames in pieces while
// others are offered from several goroutines.
func TestFramesStayWholeAndInOrder(t *testing.T) {
	var flushes sync.WaitGroup
	l, far := pair(t, &flushes)
	const offering, each = 4, 200
	var wg sync.WaitGroup
	for who := range offering {
		wg.Go(func() {
			for i := range each {
				size := []int{3, 150, 700}[i%3]
				l.offer(appendFrame(nil, fmt.Appendf(nil, "o%d %d %s", who, i, strings.Repeat("x", size))))
				for full := true; full; { // no more than a socket may have waiting
					l.mu.Lock()
					full = l.size >= clientQueueBytes/4
					l.mu.Unlock()
					runtime.Gosched()
				}
			}
		})
	}
	wg.Go(func() {
		for i := range each {
			_ = l.SetWriteDeadline(time.Now().Add(10 * time.Second))
			f := appendFrame(nil, fmt.Appendf(nil, "o%d %d %s", offering, i, strings.Repeat("y", []int{0, 200, 9_000, 70_000}[i%4])))
			cut := min(len(f), 1+i%40)
			for _, part := range [][]byte{f[:cut], f[cut:]} {
				if _, err := l.Write(part); err != nil {
					t.Error(err)
					return
				}
			}
			_ = l.SetWriteDeadline(time.Time{})
		}
	})
	next, left := [offering + 1]int{}, (offering+1)*each
	frames(t, far, func(text string) bool {
		var who, i int
		if _, err := fmt.Sscanf(text, "o%d %d", &who, &i); err != nil || next[who] != i {
			t.Fatalf("%.20q, want %d next: %v", text, next[who], err)
		}
		next[who]++
		left--
		return left > 0
	})
	wg.Wait()
	flushes.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken || l.size != 0 || len(l.waiting) != 0 || l.err != nil {
		t.Errorf("left behind: taken %v, %d bytes, %d frames, %v", l.taken, l.size, len(l.waiting), l.err)
	}
}

// TestWhoNeverReadsIsCut: what waits is bounded, offering never waits, and the
// one who does not read is named once.
func TestWhoNeverReadsIsCut(t *testing.T) {
	var flushes sync.WaitGroup
	l, _ := pair(t, &flushes)
	var stuck atomic.Int32
	l.stuck = func() { stuck.Add(1) }
	frame := appendFrame(nil, []byte(strings.Repeat("z", 10_000)))
	for i := 0; stuck.Load() == 0; i++ {
		l.offer(frame)
		l.mu.Lock()
		if l.size > clientQueueBytes {
			t.Errorf("%d bytes wait", l.size)
		}
		l.mu.Unlock()
		if i > 10_000 {
			t.Fatal("never cut")
		}
	}
	if _, err := l.Write(frame); !errors.Is(err, errStuck) {
		t.Errorf("the library writes on: %v", err)
	}
	l.offer(frame) // of no consequence
	_ = l.Close()
	flushes.Wait()
	if stuck.Load() != 1 {
		t.Errorf("cut %d times", stuck.Load())
	}
}

// TestALostSocketEndsItsLane: nothing waits for a connection that is gone.
func TestALostSocketEndsItsLane(t *testing.T) {
	var flushes sync.WaitGroup
	l, far := pair(t, &flushes)
	_ = far.SetLinger(0)
	_ = far.Close()
	frame := appendFrame(nil, []byte(strings.Repeat("z", 1_000)))
	for {
		l.offer(frame)
		flushes.Wait()
		l.mu.Lock()
		err := l.err
		l.mu.Unlock()
		if err != nil {
			break
		}
	}
	if _, err := l.Write(frame); err == nil {
		t.Error("the library writes on")
	}
}

// TestNothingFollowsAClose: a browser would take it for a broken connection, and
// forget why it was closed.
func TestNothingFollowsAClose(t *testing.T) {
	var flushes sync.WaitGroup
	l, far := pair(t, &flushes)
	frame := appendFrame(nil, []byte("before"))
	l.offer(frame)
	end := []byte{0x80 | opClose, 2, 0x11, 0x97} // 4503
	if _, err := l.Write(end); err != nil {
		t.Fatal(err)
	}
	l.offer(appendFrame(nil, []byte("after")))
	if _, err := l.Write(frame); !errors.Is(err, errEnded) {
		t.Errorf("the library writes on: %v", err)
	}
	_ = l.Close()
	flushes.Wait()
	got, err := io.ReadAll(far)
	if want := "\r\n\r\n" + string(frame) + string(end); err != nil || !strings.HasSuffix(string(got), want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFrameEnd(t *testing.T) {
	var all []byte
	var ends []int
	for _, n := range []int{0, 1, 125, 126, 65_535, 65_536, 2} {
		all = appendFrame(all, make([]byte, n))
		ends = append(ends, len(all))
	}
	for step := range 7 {
		f, done := frameEnd{}, 0
		for i, whole := 0, 0; i < len(all); {
			n := min(step*step+1, len(all)-i)
			f.pass(all[i : i+n])
			i += n
			for whole < len(ends) && ends[whole] <= i {
				whole++
			}
			if at := whole > 0 && ends[whole-1] == i; f.open() == at {
				t.Fatalf("step %d, byte %d: open %v", step, i, f.open())
			}
			done = whole
		}
		if done != len(ends) {
			t.Fatal("the test saw too little")
		}
	}
}

// BenchmarkOffer is one event to one socket whose other end reads: what a
// member costs per event.
func BenchmarkOffer(b *testing.B) {
	var flushes sync.WaitGroup
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	far, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	near, err := ln.Accept()
	if err != nil {
		b.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, far) }()
	l := newLane(near.(*net.TCPConn), &flushes)
	frame := appendFrame(nil, []byte(strings.Repeat("e", 400)))
	b.ReportAllocs()
	for b.Loop() {
		l.offer(frame)
		if l.size > clientQueueBytes/2 { // read without the lock: one goroutine offers
			flushes.Wait()
		}
	}
	flushes.Wait()
	_, _ = near.Close(), far.Close()
}
