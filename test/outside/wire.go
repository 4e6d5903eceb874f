//go:build linux

package outside

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
	"strconv"
	"syscall"
)

// Wire is one WebSocket spoken by hand (RFC 6455), until its snapshot has come.
type Wire struct {
	conn net.Conn
	r    *bufio.Reader
	buf  []byte
	rest []byte // lines of a frame not looked at yet
}

const handshake = "GET /api/rooms/%s/socket HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n" +
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

// Dial opens a socket and waits for its snapshot.
func Dial(ctx context.Context, addr, room, token string) (*Wire, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	w := &Wire{conn: conn, r: bufio.NewReaderSize(conn, 4096)}
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

// Close ends the connection.
func (w *Wire) Close() { _ = w.conn.Close() }

// send writes one text frame of less than 126 bytes, masked with zeros as a
// client must.
func (w *Wire) send(text string) error {
	frame := append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
	_, err := w.conn.Write(frame)
	return err
}

// line gives the next line of the event protocol.
func (w *Wire) line() ([]byte, error) {
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
func (w *Wire) frame() error {
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

// Take hands the connection over as a descriptor of its own, with what was read
// too far; the wire is closed.
func (w *Wire) Take() (fd int, early []byte, err error) {
	defer w.Close()
	tcp, ok := w.conn.(*net.TCPConn)
	if !ok {
		return 0, nil, fmt.Errorf("%T has no descriptor", w.conn)
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, nil, err
	}
	var dupErr error
	if err := raw.Control(func(theirs uintptr) { fd, dupErr = syscall.Dup(int(theirs)) }); err != nil || dupErr != nil {
		return 0, nil, fmt.Errorf("take the descriptor over: %w", errors.Join(err, dupErr))
	}
	early, err = w.r.Peek(w.r.Buffered())
	return fd, bytes.Clone(early), err
}

// Pong is a text frame "{}", masked with zeros as a client must: the answer to
// a ping of the event protocol.
const Pong = "\x81\x82\x00\x00\x00\x00{}"

// cutFrame splits the first whole frame off what came; the server sends each
// message in one, unmasked.
func cutFrame(data []byte) (payload, rest []byte, ok bool) {
	if len(data) < 2 {
		return nil, data, false
	}
	n, head := int(data[1]&0x7f), 2
	switch n {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	if len(data) < head {
		return nil, data, false
	}
	switch head {
	case 4:
		n = int(binary.BigEndian.Uint16(data[2:]))
	case 10:
		n = int(binary.BigEndian.Uint64(data[2:])) //nolint:gosec // our own server's
	}
	if len(data) < head+n {
		return nil, data, false
	}
	return data[head : head+n], data[head+n:], true
}

// Lines puts together the lines of the event protocol from what a socket reads.
type Lines struct {
	part []byte // the beginning of a frame that has not come whole
}

// NewLines begins with what was read too far.
func NewLines(early []byte) Lines { return Lines{part: early} }

// Take gives each line of the whole frames in what came; a line is valid during
// the call.
func (l *Lines) Take(data []byte, line func([]byte)) {
	if len(l.part) > 0 {
		l.part = append(l.part, data...)
		data = l.part
	}
	for {
		payload, rest, ok := cutFrame(data)
		if !ok {
			break
		}
		for one := range bytes.SplitSeq(payload, []byte("\n")) {
			line(one)
		}
		data = rest
	}
	l.part = append(l.part[:0], data...)
}

// EventNumber reads a playback event: rigs seek to the number of the command.
func EventNumber(line []byte) (n int, ok bool) {
	_, rest, ok := bytes.Cut(line, []byte(`"position_s":`))
	if !ok || !bytes.Contains(line, []byte(`"type":"playback"`)) {
		return 0, false
	}
	digits, _, _ := bytes.Cut(rest, []byte(","))
	n, err := strconv.Atoi(string(digits))
	return n, err == nil
}
