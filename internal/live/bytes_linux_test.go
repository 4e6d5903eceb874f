package live

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

const (
	pieceBytes = 64 << 10
	filmBytes  = 64 << 20
	watching   = 100 // viewers of a stream, each of whom is sent a piece before the next is
)

// BenchmarkBytesToViewer compares ways to bring the same bytes to a socket by
// the processor time of the thread that sends, the kernel's part included.
func BenchmarkBytesToViewer(b *testing.B) {
	film := bytes.Repeat([]byte("synctv! "), filmBytes/8)
	path := filepath.Join(b.TempDir(), "film")
	if err := os.WriteFile(path, film, 0o600); err != nil {
		b.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	lent := make([]byte, pieceBytes)
	for _, way := range []struct {
		name  string
		times int // that a piece is sent
		send  func(to net.Conn, at int) error
	}{
		{"copied", watching, func(to net.Conn, at int) error {
			own := make([]byte, pieceBytes)
			copy(own, film[at:])
			_, err := to.Write(own)
			return err
		}},
		{"shared", watching, func(to net.Conn, at int) error {
			_, err := to.Write(film[at : at+pieceBytes])
			return err
		}},
		{"file", 1, func(to net.Conn, at int) error {
			if _, err := file.ReadAt(lent, int64(at)); err != nil {
				return err
			}
			_, err := to.Write(lent)
			return err
		}},
		{"sendfile", 1, func(to net.Conn, at int) error {
			if _, err := file.Seek(int64(at), io.SeekStart); err != nil {
				return err
			}
			_, err := io.CopyN(to, file, pieceBytes)
			return err
		}},
	} {
		b.Run(way.name, func(b *testing.B) { benchBytes(b, way.times, way.send) })
	}
}

func benchBytes(b *testing.B, times int, send func(to net.Conn, at int) error) {
	server, client := tcpPair(b)
	var drained sync.WaitGroup
	drained.Go(func() {
		pin(1)
		away := make([]byte, 256<<10)
		for {
			if _, err := client.Read(away); err != nil {
				return
			}
		}
	})
	defer drained.Wait()
	defer server.Close()
	pin(0)
	b.ReportAllocs()
	b.SetBytes(pieceBytes)
	before := threadTime(b)
	at, n := 0, 0
	for b.Loop() {
		if err := send(server, at); err != nil {
			b.Fatal(err)
		}
		if n++; n%times == 0 {
			at = (at + pieceBytes) % filmBytes
		}
	}
	gib := float64(n) * pieceBytes / (1 << 30)
	b.ReportMetric(float64((threadTime(b)-before).Microseconds())/1000/gib, "cpu-ms/GiB")
}

// pin keeps a goroutine on one core, if there are two: where sender and receiver
// are makes a third of the time. The thread ends with the goroutine.
func pin(core int) {
	runtime.LockOSThread()
	mask := uint64(1) << core
	_, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
}

// threadTime is the processor time of this thread, in user and in kernel mode.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	const thisThread = 1 // RUSAGE_THREAD, getrusage(2)
	var u syscall.Rusage
	if err := syscall.Getrusage(thisThread, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
