// 64-bit Linux: elsewhere the calls have other names and the structs other sizes.
//
//go:build amd64 || arm64 || riscv64 || loong64 || ppc64le

package rtmp

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// quietReader reads a socket by system calls that cannot block, and therefore
// does not announce them to the scheduler. Announcing wakes the runtime's
// monitor thread, which then interrupts, some fifty times within the next
// millisecond, the very core that is sending the message to a thousand viewers.
//
// Where pictures wait for each other it reads only as often as viewers are sent
// to: being woken for each of 77 messages a second cost as much as the sends to
// seventy viewers.
type quietReader struct {
	raw  syscall.RawConn
	work func(fd uintptr) bool
	look func(fd uintptr) bool // work that does not wait
	buf  []byte
	n    int
	err  syscall.Errno

	window  time.Duration // how long pictures wait for each other; 0: not at all
	show    func()        // gives viewers what was read
	came    int           // bytes since the socket was last empty
	hastens time.Time     // too much comes for rests until then
	asleep  bool          // nothing wakes us: the socket says so of more than lowMark only
}

const (
	// mostResting is what may come during a rest: half of what the kernel lets a
	// socket hold whose low mark is lowMark, so that no encoder waits for us.
	mostResting = 128 << 10
	lowMark     = 256 << 10
	// hasten is how long a stream that brings more is read as it comes.
	hasten = time.Second
)

// quiet is how to read from conn.
func quiet(conn net.Conn) io.Reader {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	r := &quietReader{raw: raw}
	r.work = r.now
	r.look = func(fd uintptr) bool { r.now(fd); return true }
	return r
}

// rest says how long what was read may wait, and how to show it sooner.
func (r *quietReader) rest(window time.Duration, show func()) {
	r.window, r.show = window, show
}

// Read waits for bytes, for the deadline or for the end, as conn.Read does.
func (r *quietReader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	r.buf = b
	err := r.wait()
	r.buf = nil
	r.came += max(r.n, 0)
	switch {
	case err != nil:
		return 0, err
	case r.err != 0:
		return 0, os.NewSyscallError("recv", r.err)
	case r.n == 0:
		return 0, io.EOF
	}
	return r.n, nil
}

// wait reads what is there, else rests or waits for something.
func (r *quietReader) wait() error {
	if r.window <= 0 {
		return r.raw.Read(r.work)
	}
	for {
		if err := r.raw.Read(r.look); err != nil || r.err != syscall.EAGAIN {
			return err
		}
		r.show()
		if r.came >= mostResting {
			r.hastens = time.Now().Add(hasten)
		}
		if r.came == 0 || time.Now().Before(r.hastens) {
			r.came = 0
			r.wake(true)
			return r.raw.Read(r.work)
		}
		r.came = 0
		r.wake(false)
		time.Sleep(r.window)
	}
}

// wake says whether bytes that come wake the runtime, whose poller hears of
// them whether somebody reads or not.
func (r *quietReader) wake(on bool) {
	if on != r.asleep {
		return
	}
	r.asleep = !on
	mark := int32(lowMark)
	if on {
		mark = 1
	}
	_ = r.raw.Control(func(fd uintptr) {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_SETSOCKOPT, fd, syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, uintptr(unsafe.Pointer(&mark)), unsafe.Sizeof(mark), 0)
	})
}

// now says whether there was something: bytes, the end or an error.
func (r *quietReader) now(fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&r.buf[0])), uintptr(len(r.buf)),
			syscall.MSG_DONTWAIT, 0, 0)
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			r.n, r.err = 0, errno
			return false
		}
		r.n, r.err = int(n), errno
		return true
	}
}
