package rtmp

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
	"synctv/internal/live/rtmp/handshake"
)

// session is one connection. Everything in it belongs to the connection's
// goroutine, which also writes the answers; only closing comes from elsewhere.
type session struct {
	server *Server
	conn   net.Conn
	limits Limits
	host   netip.Addr
	remote netip.AddrPort
	settle sync.Once
	ctx    context.Context

	in     *counted
	chunks *chunk.Reader
	out    *chunk.Writer
	window uint32 // the peer wants an acknowledgement this often
	acked  uint32

	app     string
	query   url.Values
	stream  uint32    // message stream the publisher was given
	pass    live.Pass // set when admitted
	pub     *live.Publication
	unwatch func() bool // stops closing conn when pub is lost
	intake  intake
	renewed time.Time // when the idle deadline was last moved on
}

// counted counts what was read, for acknowledgements.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}

func newSession(s *Server, conn net.Conn, host netip.Addr, limits Limits) *session {
	c := &session{server: s, conn: conn, host: host, remote: remote(conn), limits: limits}
	c.in = &counted{Reader: quiet(conn)}
	c.chunks = chunk.NewReader(c.in, c)
	c.out = chunk.NewWriter(deadlined{conn, limits.Write})
	return c
}

// deadlined gives every write its own deadline.
type deadlined struct {
	conn net.Conn
	wait time.Duration
}

func (d deadlined) Write(b []byte) (int, error) {
	if err := d.conn.SetWriteDeadline(time.Now().Add(d.wait)); err != nil {
		return 0, err
	}
	return d.conn.Write(b)
}

// settled ends the time in which the connection counts as a stranger's.
func (c *session) settled() { c.settle.Do(func() { c.server.settle(c.host) }) }

// run serves the connection until it ends and says why. It closes the
// connection and the publication.
func (c *session) run(ctx context.Context) (err error) {
	defer c.conn.Close()
	stop := context.AfterFunc(ctx, func() { c.conn.Close() })
	defer stop()
	c.ctx = ctx
	if err := c.greet(); err != nil {
		return err
	}
	defer func() {
		if c.pub != nil {
			c.unwatch()
			c.pub.Close(errors.Is(err, errGoodbye))
		}
	}()
	err = c.talk()
	if c.pub != nil {
		if cause := context.Cause(c.pub.Context()); cause != nil {
			err = cause // why the connection was closed under the read
		}
	}
	if errors.Is(err, errRefused) || errors.Is(err, errGoodbye) || errors.Is(err, errPlay) {
		c.linger()
	}
	return err
}

// talk takes what the peer says until something ends it.
func (c *session) talk() (err error) {
	for err == nil {
		if err = c.chunks.Read(); err == nil {
			err = c.progress()
		}
	}
	return err
}

func (c *session) greet() error {
	now := time.Now()
	_ = c.conn.SetDeadline(now.Add(c.limits.Handshake))
	if err := handshake.Serve(struct {
		io.Reader
		io.Writer
	}{c.in, c.conn}); err != nil {
		return err
	}
	// One deadline for all that comes before publish: no way to dribble.
	_ = c.conn.SetReadDeadline(now.Add(c.limits.Handshake + c.limits.Publish))
	return nil
}

// progress is what happens after every chunk: the idle deadline moves on, and
// acknowledgements that are due go out.
func (c *session) progress() error {
	if c.pub != nil {
		if now := time.Now(); now.Sub(c.renewed) > c.limits.Idle/10 {
			c.renewed = now
			_ = c.conn.SetReadDeadline(now.Add(c.limits.Idle))
		}
	}
	got := uint32(c.in.n) // the protocol's counter wraps at 32 bits
	if c.window == 0 || got-c.acked < c.window {
		return nil
	}
	c.acked = got
	return c.control(chunk.TypeAck, got)
}

// linger lets the last answer reach the peer: closing with unread bytes would
// reset the connection and take the answer along.
func (c *session) linger() {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, c.conn, lingerBytes)
}

func (c *session) control(messageType uint8, v uint32) error {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	return c.out.Write(chunk.Header{Chunk: 2, Type: messageType}, b[:])
}

// user sends a user control event.
func (c *session) user(event uint16, v uint32) error {
	var b [6]byte
	binary.BigEndian.PutUint16(b[:], event)
	binary.BigEndian.PutUint32(b[2:], v)
	return c.out.Write(chunk.Header{Chunk: 2, Type: chunk.TypeUserControl}, b[:])
}

func (c *session) command(stream uint32, values ...any) error {
	h := chunk.Header{Chunk: 3, Type: chunk.TypeCommand, Stream: stream}
	return c.out.Write(h, amf0.Append(nil, values...))
}

// malformed says whether the peer, not the line, is to blame.
func malformed(err error) bool {
	return errors.Is(err, chunk.ErrMalformed) || errors.Is(err, amf0.ErrMalformed) ||
		errors.Is(err, handshake.ErrNotRTMP) || errors.Is(err, errProtocol) ||
		errors.Is(err, errTooLarge)
}
