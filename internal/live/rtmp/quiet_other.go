//go:build !linux

package rtmp

import (
	"io"
	"net"
)

// quiet is how to read from conn.
func quiet(conn net.Conn) io.Reader { return conn }
