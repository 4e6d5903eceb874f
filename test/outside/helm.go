//go:build linux

package outside

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
)

// Helm is the connection on which commands go to a room. They are written by
// hand, so that no goroutine of a client library waits for its turn behind
// those who read.
type Helm struct {
	conn net.Conn
	r    *bufio.Reader
	head string
}

// NewHelm opens the connection, for somebody who may steer.
func NewHelm(ctx context.Context, addr, token, room string) (*Helm, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	head := "POST /api/rooms/" + room + "/playback/seek HTTP/1.1\r\nHost: " + addr +
		"\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\nContent-Length: "
	return &Helm{conn: conn, r: bufio.NewReader(conn), head: head}, nil
}

// Close ends the connection.
func (h *Helm) Close() { _ = h.conn.Close() }

// Seek moves the room and waits for the answer; begun and, unless it is nil,
// left are called just before and just after the command leaves.
func (h *Helm) Seek(to int, begun, left func()) error {
	body := fmt.Sprintf(`{"position_s":%d}`, to)
	request := fmt.Appendf(nil, "%s%d\r\n\r\n%s", h.head, len(body), body)
	begun()
	if _, err := h.conn.Write(request); err != nil {
		return err
	}
	if left != nil {
		left()
	}
	res, err := http.ReadResponse(h.r, nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("seek: %s", res.Status)
	}
	return nil
}
