package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// wire is one WebSocket spoken by hand (RFC 6455), until its snapshot has come.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	buf  []byte
	rest []byte // lines of a frame not looked at yet
}

const handshake = "GET /api/rooms/%s/socket HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n" +
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

// dial opens a socket and waits for its snapshot.
func dial(ctx context.Context, addr, room, token string) (*wire, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	w := &wire{conn: conn, r: bufio.NewReaderSize(conn, 4096)}
	if _, err := fmt.Fprintf(conn, handshake, room, addr, token); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(w.r, nil)
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	if err := w.send(`{"id":1,"connect":{}}`); err != nil {
		return nil, err
	}
	for {
		line, err := w.line()
		if err != nil {
			return nil, err
		}
		if bytes.Contains(line, []byte(`"type":"snapshot"`)) {
			return w, nil
		}
	}
}

func (w *wire) close() { _ = w.conn.Close() }

// send writes one text frame of less than 126 bytes, masked with zeros as a
// client must.
func (w *wire) send(text string) error {
	frame := append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
	_, err := w.conn.Write(frame)
	return err
}

// line gives the next line of the event protocol.
func (w *wire) line() ([]byte, error) {
	for len(w.rest) == 0 {
		if err := w.frame(); err != nil {
			return nil, err
		}
	}
	line, rest, _ := bytes.Cut(w.rest, []byte("\n"))
	w.rest = rest
	return line, nil
}

// frame reads one frame; the server sends each message in one.
func (w *wire) frame() error {
	var head [10]byte
	if _, err := io.ReadFull(w.r, head[:2]); err != nil {
		return err
	}
	if head[0]&0x0f == 8 {
		return errors.New("closed by the server")
	}
	n := int(head[1] & 0x7f)
	switch n {
	case 126:
		if _, err := io.ReadFull(w.r, head[2:4]); err != nil {
			return err
		}
		n = int(binary.BigEndian.Uint16(head[2:4]))
	case 127:
		if _, err := io.ReadFull(w.r, head[2:10]); err != nil {
			return err
		}
		n = int(binary.BigEndian.Uint64(head[2:10])) //nolint:gosec // our own server's
	}
	if cap(w.buf) < n {
		w.buf = make([]byte, n)
	}
	w.rest = w.buf[:n]
	_, err := io.ReadFull(w.r, w.rest)
	return err
}
