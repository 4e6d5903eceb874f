//go:build !linux || !(amd64 || arm64 || riscv64 || loong64 || ppc64le)

package rtmp

import (
	"io"
	"net"
)

// quiet is how to read from conn.
func quiet(conn net.Conn) io.Reader { return conn }
