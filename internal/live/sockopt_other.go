//go:build !linux

package live

import "net"

// boundSendBuffer lets the kernel hold at most about n bytes for a viewer, so
// that a slow one is seen early.
func boundSendBuffer(conn net.Conn, n int) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(n)
	}
}
