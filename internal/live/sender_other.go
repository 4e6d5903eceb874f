//go:build !linux

package live

import "net"

// sender is for Linux only; elsewhere each viewer's goroutine sends.
type sender struct{}

func (*sender) init(*net.TCPConn) bool { return false }

func (*sender) send([]byte) int { return 0 }

func (*sender) gather(_, _ []byte) int { return 0 }
