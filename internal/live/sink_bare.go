package live

import (
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// bareSink writes to a connection taken over from net/http: one system call
// for each write, in HTTP/1.1 chunks so that the viewer can tell the end of
// the stream from the loss of the connection.
type bareSink struct {
	conn     net.Conn
	deadline deadline
	chunked  bool
	begin    []byte // response header, sent with the first write
	opened   bool   // a chunk was sent whose closing CRLF is still owed

	// Reused by every write; WriteTo consumes the array behind bufs, so it is
	// this connection's own.
	frame []byte
	vec   [3][]byte
	bufs  net.Buffers
}

func newBareSink(conn net.Conn, head http.Header, r *http.Request, limits Limits) *bareSink {
	boundSendBuffer(conn, limits.Unsent)
	s := &bareSink{conn: conn, chunked: r.ProtoAtLeast(1, 1)}
	s.deadline.init(r.Context(), conn.SetWriteDeadline, limits.Stall)
	head.Del("Content-Length")
	head.Set("Connection", "close")
	if s.chunked {
		head.Set("Transfer-Encoding", "chunked")
	}
	if head.Get("Date") == "" {
		head.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	s.begin = appendHeader([]byte("HTTP/1.1 200 OK\r\n"), head)
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
	if s.chunked {
		s.frame = s.appendChunkSize(s.frame, len(head)+len(body))
	}
	framing := len(s.frame)
	n, err := s.send(s.frame, head, body)
	return max(0, n-framing), err
}

// appendChunkSize opens a chunk, closing the one before it first: one small
// piece of framing for each write instead of two.
func (s *bareSink) appendChunkSize(dst []byte, n int) []byte {
	if s.opened {
		dst = append(dst, "\r\n"...)
	}
	s.opened = true
	dst = strconv.AppendInt(dst, int64(n), 16)
	return append(dst, "\r\n"...)
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
	if s.chunked {
		_, _ = s.send([]byte("\r\n0\r\n\r\n"))
	}
}

func (s *bareSink) close() {
	s.deadline.stop()
	s.conn.Close()
}
