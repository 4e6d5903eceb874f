//go:build amd64 || arm64 || riscv64 || loong64 || ppc64le

package rtmp

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// quietPair is a quiet reader that rests, and who writes to it.
func quietPair(t *testing.T, shown *atomic.Int64) (near *net.TCPConn, r *quietReader, far net.Conn) {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if far, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	if near, err = ln.AcceptTCP(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	r = quiet(near).(*quietReader)
	r.rest(200*time.Millisecond, func() { shown.Add(1) })
	return near, r, far
}

// lowMarkOf is how much has to come before the socket says so, in bytes.
func lowMarkOf(t *testing.T, conn *net.TCPConn) (n int) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if cerr := raw.Control(func(fd uintptr) {
		n, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT)
	}); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	return n
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("not in 10 s: " + what)
		}
	}
}

// What was read is shown before the reader rests, nothing wakes it while it
// does, it listens again when nothing has come, and no byte is lost.
func TestQuietReaderRests(t *testing.T) {
	var shown atomic.Int64
	near, r, far := quietPair(t, &shown)
	got := make(chan []byte, 1)
	go func() {
		all, _ := io.ReadAll(r)
		got <- all
	}()
	if _, err := far.Write([]byte("a picture")); err != nil {
		t.Fatal(err)
	}
	until(t, "rests", func() bool { return lowMarkOf(t, near) > 1 })
	if shown.Load() == 0 {
		t.Error("rests on what nobody was shown")
	}
	until(t, "listens again", func() bool { return lowMarkOf(t, near) <= 1 })
	flood := bytes.Repeat([]byte("flood "), mostResting/2)
	if _, err := far.Write(flood); err != nil {
		t.Fatal(err)
	}
	far.Close()
	if want := append([]byte("a picture"), flood...); !bytes.Equal(<-got, want) {
		t.Error("what came is not what was sent")
	}
}

// A stream that would fill its socket while we rest is read as it comes.
func TestQuietReaderHastens(t *testing.T) {
	var shown atomic.Int64
	near, r, far := quietPair(t, &shown)
	r.came = mostResting
	read := make(chan int, 1)
	go func() {
		n, _ := r.Read(make([]byte, 10))
		read <- n
	}()
	until(t, "shows", func() bool { return shown.Load() == 1 })
	if m := lowMarkOf(t, near); m > 1 {
		t.Errorf("sleeps until %d bytes have come", m)
	}
	if _, err := far.Write([]byte("b")); err != nil {
		t.Fatal(err)
	}
	if n := <-read; n != 1 || r.hastens.IsZero() {
		t.Errorf("%d bytes, reads as it comes until %v", n, r.hastens)
	}
}
