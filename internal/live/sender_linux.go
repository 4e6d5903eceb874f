// 64-bit Linux: elsewhere the calls have other names and the structs other sizes.
//
//go:build amd64 || arm64 || riscv64 || loong64 || ppc64le

package live

import (
	"net"
	"syscall"
	"unsafe"
)

// sender sends to a socket without ever waiting, and without the runtime
// noticing: a send that cannot block need not announce itself to the scheduler,
// which saves a few per cent. It is the descriptor itself, for as long as a fan
// has the lane: the only one who closes the connection is the viewer's own
// goroutine, which waits for the lane to come back.
type sender struct{ fd uintptr }

func (s *sender) init(conn *net.TCPConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	return raw.Control(func(fd uintptr) { s.fd = fd }) == nil
}

const flags = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL

// send hands bytes to the kernel and says how many it took: 0 when the socket
// is full or lost, which whoever writes next will see.
func (s *sender) send(b []byte) int {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, s.fd,
		uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags, 0, 0)
	return taken(n, errno)
}

// gather is send for two pieces, neither of them empty, with one call.
func (s *sender) gather(a, b []byte) int {
	vec := [2]syscall.Iovec{{Base: &a[0]}, {Base: &b[0]}}
	vec[0].SetLen(len(a))
	vec[1].SetLen(len(b))
	msg := syscall.Msghdr{Iov: &vec[0], Iovlen: 2}
	n, _, errno := syscall.RawSyscall(syscall.SYS_SENDMSG, s.fd, uintptr(unsafe.Pointer(&msg)), flags)
	return taken(n, errno)
}

// try sends frame and body (not empty) with one call, both from whole if that is
// not empty, and says how many bytes of the two the kernel took.
func (s *sender) try(frame, body, whole []byte) int {
	switch {
	case len(whole) > 0:
		return s.send(whole)
	case len(frame) > 0:
		return s.gather(frame, body)
	}
	return s.send(body)
}

func taken(n uintptr, errno syscall.Errno) int {
	if errno != 0 {
		return 0
	}
	return int(n)
}
