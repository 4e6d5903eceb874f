package live

import (
	"net"
	"syscall"
)

// tcpNotsentLowat is TCP_NOTSENT_LOWAT of linux/tcp.h, which package syscall
// lacks.
const tcpNotsentLowat = 25

// boundSendBuffer lets the kernel hold at most about n bytes that were not sent
// yet, so that a slow viewer is seen within n bytes instead of megabytes. What
// is on its way is not bounded by this: a far but fast viewer keeps its speed.
func boundSendBuffer(conn net.Conn, n int) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	if ctl := raw.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotsentLowat, n)
	}); ctl != nil || err != nil {
		_ = tcp.SetWriteBuffer(n) // the connection is going if this fails too
	}
}
