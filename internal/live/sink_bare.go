package live

import (
	"errors"
	"net"
	"net/http"
	"os"
	"time"
)

// bareSink writes to a connection taken over from net/http: one system call
// for each write.
type bareSink struct {
	conn     net.Conn
	deadline deadline
	framing  framing
	begin    []byte // response header, sent with the first write
	opened   bool   // there was a range before

	// Reused by every write; WriteTo consumes the array behind bufs, so it is
	// this connection's own.
	frame []byte
	vec   [3][]byte
	bufs  net.Buffers
}

func newBareSink(conn net.Conn, head http.Header, r *http.Request, limits Limits) *bareSink {
	boundSendBuffer(conn, limits.Unsent)
	s := &bareSink{conn: conn}
	s.deadline.init(r.Context(), conn.SetWriteDeadline, limits.Stall)
	head.Del("Content-Length")
	head.Set("Connection", "close")
	if head.Get("Date") == "" {
		head.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	status := "HTTP/1.1 200 OK\r\n"
	switch {
	case wantsSocket(r):
		s.framing, status = frameSocket, "HTTP/1.1 101 Switching Protocols\r\n"
		acceptSocket(head, r)
	case r.ProtoAtLeast(1, 1):
		s.framing = frameChunks
		head.Set("Transfer-Encoding", "chunked")
	}
	s.begin = appendHeader([]byte(status), head)
	return s
}

func appendHeader(dst []byte, head http.Header) []byte {
	b := &appender{dst}
	_ = head.Write(b) // an appender does not fail
	return append(b.b, "\r\n"...)
}

type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

func (s *bareSink) write(head, body []byte) (int, error) {
	s.frame = append(s.frame[:0], s.begin...)
	s.begin = nil
	s.frame = s.framing.open(s.frame, s.opened, len(head)+len(body))
	s.opened = true
	framing := len(s.frame)
	n, err := s.send(s.frame, head, body)
	return max(0, n-framing), err
}

// send writes the parts with one system call if the socket takes them. Its
// deadline is about progress, not about the whole: it starts again whenever
// some of the bytes were taken.
func (s *bareSink) send(parts ...[]byte) (total int, err error) {
	s.bufs = s.vec[:0]
	for _, b := range parts {
		if len(b) > 0 {
			s.bufs = append(s.bufs, b)
		}
	}
	// Do not keep a segment alive until the next write.
	defer func() { s.vec = [3][]byte{} }()
	s.deadline.renew(false)
	for {
		n, err := s.bufs.WriteTo(s.conn)
		total += int(n)
		if err == nil {
			return total, nil
		}
		if n == 0 || s.deadline.cut.Load() || !errors.Is(err, os.ErrDeadlineExceeded) {
			return total, s.deadline.explain(err)
		}
		s.deadline.renew(true)
	}
}

func (s *bareSink) end() {
	if b := s.framing.end(s.opened); b != nil {
		_, _ = s.send(b)
	}
}

func (s *bareSink) close() {
	s.deadline.stop()
	s.conn.Close()
}
