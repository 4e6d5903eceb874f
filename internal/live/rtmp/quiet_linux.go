// 64-bit Linux: elsewhere the calls have other names and the structs other sizes.
//
//go:build amd64 || arm64 || riscv64 || loong64 || ppc64le

package rtmp

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// quietReader reads a socket by system calls that cannot block, and therefore
// does not announce them to the scheduler. Announcing wakes the runtime's
// monitor thread, which then interrupts, some fifty times within the next
// millisecond, the very core that is sending the message to a thousand viewers.
type quietReader struct {
	raw  syscall.RawConn
	work func(fd uintptr) bool
	buf  []byte
	n    int
	err  syscall.Errno
}

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
	return r
}

// Read waits for bytes, for the deadline or for the end, as conn.Read does.
func (r *quietReader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	r.buf = b
	err := r.raw.Read(r.work)
	r.buf = nil
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

// now says whether there was something: bytes, the end or an error.
func (r *quietReader) now(fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&r.buf[0])), uintptr(len(r.buf)),
			syscall.MSG_DONTWAIT, 0, 0)
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		}
		r.n, r.err = int(n), errno
		return true
	}
}
